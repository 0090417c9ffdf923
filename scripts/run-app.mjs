// Usage: node scripts/run-app.mjs APP [ARGUMENT…]: installs, builds and runs apps/APP/dist/cli.js with the arguments.
// Only the app's output goes to standard output, so --json stays valid.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { softwareVulkan } from './browser/software-vulkan.mjs';
import { root, run } from './pnpm.mjs';
import { build, checkNode, install, stop } from './prepare.mjs';

const [app, ...args] = process.argv.slice(2);
checkNode();
await install();
await build();
const command = join(root, 'apps', app, 'dist', 'cli.js');
if (!existsSync(command)) stop(`the command ${command} was not built.`);
// Node 20 has relaxed SIMD behind a flag. It makes matrix products in WebAssembly a third faster.
const flags = process.versions.v8 < '11.4' ? ['--experimental-wasm-relaxed-simd'] : [];
// Linux's C library returns freed memory to the system; allocating it again can add 1 ms to a fast call. Other systems
// ignore these variables.
const keepMemory = { MALLOC_MMAP_THRESHOLD_: String(2 ** 25), MALLOC_TRIM_THRESHOLD_: String(2 ** 30) };
/**
 * The environment in which WebGPU finds Chromium's software GPU, when the command may use webgpu on a Linux without a GPU.
 *
 * @returns {Record<string, string>}
 */
function softwareGPU() {
  const hasGPU = ['/dev/dri', '/dev/nvidia0', '/dev/dxg'].some((path) => existsSync(path));
  const mayUseWebGPU =
    args.some((word) => /\bwebgpu\b/.test(word)) || (app === 'convert' && args[0] === 'check');
  if (hasGPU || process.env.VK_DRIVER_FILES || !mayUseWebGPU) return {};
  try {
    return softwareVulkan();
  } catch (error) {
    process.stderr.write(`no software GPU: ${error instanceof Error ? error.message : error}\n`);
    return {};
  }
}
// npm changes to the root folder, but paths in the arguments are relative to the user's folder.
const { status } = await run(process.execPath, [...flags, command, ...args], {
  cwd: process.env.INIT_CWD ?? process.cwd(),
  defaults: { ...keepMemory, ...softwareGPU() },
});
process.exitCode = status;
