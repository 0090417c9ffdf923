import { spawnSync } from 'node:child_process';
import { copyFileSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

const dist = (name: string) => join(import.meta.dirname, '..', 'dist', name);
const importing = (name: string) => JSON.stringify(pathToFileURL(dist(name)).href);

/** What every program below begins with. */
const SETTING_UP = `import { setUpWebGPU } from ${importing('node.js')};
import { requestAdapter, requestDevice } from ${importing('engine.js')};
`;

/** As long as a program that does not end by itself may take. */
const SECONDS = 20;

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'sluice-webgpu-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Runs a module in a Node of its own and hands back what it wrote and how it ended. */
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
  // Whoever waits for the loss of a device never stops waiting; that must not keep the program.
  test('gives Node WebGPU, and lets the program end', () => {
    const program = `${SETTING_UP}await setUpWebGPU();
const { gpu } = navigator;
await setUpWebGPU();
const device = await requestDevice();
device.lost.then(() => console.log('lost'));
globalThis.device = device;
console.log(navigator.gpu === gpu, device instanceof GPUDevice, typeof navigator.userAgent);`;
    expect(run(program)).toEqual(ends('true true string\n'));
  });

  test('lets the program end after the devices are destroyed, too', () => {
    const program = `${SETTING_UP}await setUpWebGPU();
const devices = [await requestDevice(), await requestDevice({ limits: 'default' })];
for (const device of devices) device.destroy();
const losses = await Promise.all(devices.map(({ lost }) => lost));
console.log(losses.map(({ reason }) => reason).join());`;
    expect(run(program)).toEqual(ends('destroyed,destroyed\n'));
  });

  test.runIf(process.platform === 'linux')('with the Vulkan driver that it is told, and no other', () => {
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

  test.runIf(process.platform === 'linux')('says that there is no adapter where the driver is none', () => {
    const program = `${SETTING_UP}await setUpWebGPU({ vulkanDriver: ${importing('node.js')}.slice(7) });
await requestDevice().catch(({ message }) => console.log(message));`;
    expect(run(program).stdout).toMatch(/^WebGPU is there, but has no adapter.*libvulkan/);
  });

  test('hands flags on to WebGPU’s implementation', () => {
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

  test('says what to install where the package webgpu is missing', () => {
    copyFileSync(dist('node.js'), join(folder, 'node.mjs'));
    const program = `import { setUpWebGPU } from './node.mjs';
await setUpWebGPU().catch(({ message }) => console.log(message));`;
    expect(run(program)).toEqual(ends('setUpWebGPU needs the package webgpu: npm install webgpu\n'));
  });
});
