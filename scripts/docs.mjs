// `npm run docs`: builds the documentation site into docs/.vitepress/dist. `npm run docs -- --serve` also serves it to this machine.
import { readdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join, relative } from 'node:path';
import { pathToFileURL } from 'node:url';
import { root, run } from './pnpm.mjs';
import { build, checkNode, install, stop } from './prepare.mjs';

const folder = join(root, 'docs');
const require = createRequire(join(folder, 'package.json'));

/** The site: plain files for any server. */
export const siteFolder = join(folder, '.vitepress', 'dist');

/**
 * Writes the site: the pages, then the reference of every package below `api/`. The packages must be built.
 *
 * @throws Error with what the generator prints, such as a link to a page that does not exist, or when declarations do not compile
 */
export async function buildSite() {
  // The pages are built beside the reference, and delete what the folder had.
  const pages = run(process.execPath, [vitepress(), 'build', folder], { output: 'capture' });
  const subpaths = listSubpaths();
  const { Application } = await import(pathToFileURL(require.resolve('typedoc')).href);
  const typedoc = await Application.bootstrap({
    name: 'Sluice',
    readme: 'none',
    tsconfig: join(folder, 'tsconfig.api.json'),
    entryPoints: [...subpaths.keys()],
    logLevel: 'Error',
    disableSources: true,
    githubPages: false,
    navigationLinks: { Guide: '/guide/start.html' },
  });
  const project = await typedoc.convert();
  const { status, text } = await pages;
  if (status !== 0) throw new Error(`the pages were not built:\n${text}`);
  if (!project) throw new Error('typedoc has refused the declarations; its messages are above');
  // It names modules by their files below packages/.
  const names = new Map([...subpaths].map(([file, name]) => [nameOfModule(file), name]));
  for (const module of project.children ?? []) module.name = names.get(module.name) ?? module.name;
  await typedoc.generateDocs(project, join(siteFolder, 'api'));
}

const nameOfModule = (/** @type {string} */ file) =>
  relative(join(root, 'packages'), file)
    .replaceAll('\\', '/')
    .replace(/(\/index)?\.d\.ts$/, '');

/** The declarations of every subpath of every package, and its name, such as `@sluice/core/equations`. */
function listSubpaths() {
  /** @type {Map<string, string>} */
  const names = new Map();
  for (const name of readdirSync(join(root, 'packages'))) {
    const { exports } = JSON.parse(readFileSync(join(root, 'packages', name, 'package.json'), 'utf8'));
    for (const subpath of Object.keys(exports)) {
      names.set(join(root, 'packages', name, exports[subpath].types), join('@sluice', name, subpath));
    }
  }
  return names;
}

const vitepress = () => join(folder, 'node_modules', 'vitepress', 'bin', 'vitepress.js');

if (process.argv[1] === import.meta.filename) {
  checkNode();
  await install();
  await build();
  process.stderr.write('sluice: building the site\n');
  await buildSite().catch((error) => stop(error.message));
  if (process.argv.includes('--serve')) {
    process.exitCode = (await run(process.execPath, [vitepress(), 'preview', folder])).status;
  } else console.log(siteFolder);
}
