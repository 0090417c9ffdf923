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
// Linux's C library would give the memory of results, once freed, back to the system, and getting it anew would make a fast call
// up to a millisecond longer, now and then. Other systems do not know these variables.
const keepMemory = { MALLOC_MMAP_THRESHOLD_: String(2 ** 25), MALLOC_TRIM_THRESHOLD_: String(2 ** 30) };
// npm moves to the root; paths among the arguments are meant from where the user stands.
const { status } = await run(process.execPath, [...flags, command, ...args], {
  cwd: process.env.INIT_CWD ?? process.cwd(),
  defaults: keepMemory,
});
process.exitCode = status;
