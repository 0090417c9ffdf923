// `npm run bench:web`: installs, builds and serves the benchmark's page to this machine, cross-origin isolated.
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { root, run } from './pnpm.mjs';
import { build, checkNode, install, stop, turbo } from './prepare.mjs';

checkNode();
await install();
await build();
const page = await turbo(
  ['run', 'build:page', '--filter=@sluice/bench', '--output-logs=errors-only'],
  'capture',
);
if (page.status !== 0) stop(`the page was not built:\n${page.text}`);
const bench = join(root, 'apps', 'bench');
const vite = dirname(createRequire(join(bench, 'package.json')).resolve('vite/package.json'));
const { status } = await run(process.execPath, [join(vite, 'bin', 'vite.js'), 'preview'], { cwd: bench });
process.exitCode = status;
