import { spawnSync } from 'node:child_process';
import { copyFileSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

const dist = (name: string) => join(import.meta.dirname, '..', 'dist', name);
const importing = (name: string) => JSON.stringify(pathToFileURL(dist(name)).href);

/** The first lines of every program below. */
const SETTING_UP = `import { setUpWebGPU } from ${importing('node.js')};
import { requestAdapter, requestDevice } from ${importing('engine.js')};
`;

/** The time limit of a program. */
const SECONDS = 20;

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'sluice-webgpu-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Runs a module in its own Node process and returns its output and exit status. */
function run(source: string, env: Record<string, string | undefined> = {}) {
  const path = join(folder, 'program.mjs');
  writeFileSync(path, source);
  const { status, signal, stdout, stderr } = spawnSync(process.execPath, [path], {
    encoding: 'utf8',
    timeout: 1000 * SECONDS,
    env: { ...process.env, ...env },
  });
  return { status, signal, stdout, stderr };
}

const ends = (stdout: string) => ({ status: 0, signal: null, stdout, stderr: '' });

describe('setUpWebGPU', () => {
  // `device.lost` may never resolve; a handler on it must not keep the program running.
  test('adds WebGPU to Node, and lets the program end', () => {
    const program = `${SETTING_UP}await setUpWebGPU();
const { gpu } = navigator;
await setUpWebGPU();
const device = await requestDevice();
device.lost.then(() => console.log('lost'));
globalThis.device = device;
console.log(navigator.gpu === gpu, device instanceof GPUDevice, typeof navigator.userAgent);`;
    expect(run(program)).toEqual(ends('true true string\n'));
  });

  test('lets the program end after the devices are destroyed', () => {
    const program = `${SETTING_UP}await setUpWebGPU();
const devices = [await requestDevice(), await requestDevice({ limits: 'default' })];
for (const device of devices) device.destroy();
const losses = await Promise.all(devices.map(({ lost }) => lost));
console.log(losses.map(({ reason }) => reason).join());`;
    expect(run(program)).toEqual(ends('destroyed,destroyed\n'));
  });

  test.runIf(process.platform === 'linux')('uses the named Vulkan driver and refuses to change it', () => {
    const vulkanDriver = process.env.VK_DRIVER_FILES;
    const program = `${SETTING_UP}await setUpWebGPU(${JSON.stringify({ vulkanDriver })});
await setUpWebGPU(${JSON.stringify({ vulkanDriver })});
const device = await requestDevice();
console.log(device.adapterInfo.description);
await setUpWebGPU({ vulkanDriver: '/another.json' }).catch(({ message }) => console.log(message));`;
    const { stdout, ...rest } = run(program, { VK_DRIVER_FILES: undefined });
    expect(rest).toEqual({ status: 0, signal: null, stderr: '' });
    expect(stdout).toMatch(/^SwiftShader .*\nsetUpWebGPU: the Vulkan driver \/another\.json is set too late/);
  });

  test.runIf(process.platform === 'linux')('finds no adapter when the named driver is not a driver', () => {
    const program = `${SETTING_UP}await setUpWebGPU({ vulkanDriver: ${importing('node.js')}.slice(7) });
await requestDevice().catch(({ message }) => console.log(message));`;
    expect(run(program).stdout).toMatch(/^WebGPU is there, but has no adapter.*libvulkan/);
  });

  test('passes flags to the package webgpu', () => {
    const program = `${SETTING_UP}await setUpWebGPU({ flags: ['backend=null'] });
console.log((await requestAdapter()).info.device);`;
    expect(run(program)).toEqual(ends('null-backend\n'));
  });

  test('refuses a driver that does not exist', () => {
    const program = `${SETTING_UP}await setUpWebGPU({ vulkanDriver: '/no/driver.json' })
  .catch(({ message }) => console.log(message, globalThis.navigator?.gpu));`;
    expect(run(program)).toEqual(
      ends(
        'setUpWebGPU: vulkanDriver names /no/driver.json, which does not exist; ' +
          'give the path of a Vulkan driver’s ….json. undefined\n',
      ),
    );
  });

  test('says what to install when the package webgpu is missing', () => {
    copyFileSync(dist('node.js'), join(folder, 'node.mjs'));
    const program = `import { setUpWebGPU } from './node.mjs';
await setUpWebGPU().catch(({ message }) => console.log(message));`;
    expect(run(program)).toEqual(ends('setUpWebGPU needs the package webgpu: npm install webgpu\n'));
  });
});
