// Usage: node scripts/serve-page.mjs APP: installs, builds and serves the page of apps/APP to this machine.
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { root, run } from './pnpm.mjs';
import { build, checkNode, install, stop, turbo } from './prepare.mjs';

const [app] = process.argv.slice(2);
checkNode();
await install();
await build();
const page = await turbo(
  ['run', 'build:page', `--filter=@sluice/${app}`, '--output-logs=errors-only'],
  'capture',
);
if (page.status !== 0) stop(`the page was not built:\n${page.text}`);
const folder = join(root, 'apps', app);
const vite = dirname(createRequire(join(folder, 'package.json')).resolve('vite/package.json'));
const { status } = await run(process.execPath, [join(vite, 'bin', 'vite.js'), 'preview'], { cwd: folder });
process.exitCode = status;
