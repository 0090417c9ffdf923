// Usage: node scripts/run-app.mjs APP [ARGUMENT…]: installs, builds and runs apps/APP/dist/cli.js with the arguments.
// Everything but the app's own output goes to standard error, so that --json stays clean.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { root, run } from './pnpm.mjs';
import { build, checkNode, install, stop } from './prepare.mjs';

const [app, ...args] = process.argv.slice(2);
checkNode();
await install();
await build();
const command = join(root, 'apps', app, 'dist', 'cli.js');
if (!existsSync(command)) stop(`the command ${command} was not built.`);
// Node 20 keeps relaxed SIMD behind a flag: with it matrix products in WebAssembly are a third faster.
const flags = process.versions.v8 < '11.4' ? ['--experimental-wasm-relaxed-simd'] : [];
// npm moves to the root; paths among the arguments are meant from where the user stands.
const { status } = await run(process.execPath, [...flags, command, ...args], {
  cwd: process.env.INIT_CWD ?? process.cwd(),
});
process.exitCode = status;
