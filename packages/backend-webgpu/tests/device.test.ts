import { afterEach, beforeAll, describe, expect, test, vi } from 'vitest';
import { requestAdapter, requestDevice, softwareAdapter } from '../src/engine.js';
import { setUpWebGPU } from '../src/node.js';
import { doubleNumbers } from './double-numbers.js';
import { softwareDevice } from './software-device.js';

/** WebGPU's default limits, which a device has unless it is requested with larger ones. */
const DEFAULTS = {
  maxBufferSize: 2 ** 28,
  maxStorageBufferBindingSize: 2 ** 27,
  maxStorageBuffersPerShaderStage: 8,
  maxComputeWorkgroupStorageSize: 16_384,
  maxComputeInvocationsPerWorkgroup: 256,
  maxComputeWorkgroupSizeX: 256,
  maxComputeWorkgroupSizeY: 256,
  maxComputeWorkgroupSizeZ: 64,
  maxComputeWorkgroupsPerDimension: 65_535,
};
type LimitName = keyof typeof DEFAULTS;

const limitsOf = ({ limits }: GPUDevice | GPUAdapter) =>
  Object.fromEntries(Object.keys(DEFAULTS).map((name) => [name, limits[name as LimitName]]));

const OPTIONAL = ['shader-f16', 'subgroups', 'timestamp-query', 'bgra8unorm-storage'];

const numbers = Float32Array.from({ length: 45 }, (_, i) => i - 7.25);

describe('a device', () => {
  beforeAll(() => setUpWebGPU());

  test("has the adapter's limits and features", async () => {
    const adapter = await requestAdapter();
    const device = await softwareDevice('adapter');
    expect(limitsOf(device)).toEqual(limitsOf(adapter));
    const has = (features: GPUSupportedFeatures) => OPTIONAL.filter((name) => features.has(name));
    expect(has(device.features)).toEqual(has(adapter.features));
    expect(await doubleNumbers(device, numbers)).toEqual([...numbers].map((value) => 2 * value));
    device.destroy();
  });

  test('has the default limits and no optional feature', async () => {
    const device = await softwareDevice('default');
    expect(limitsOf(device)).toEqual(DEFAULTS);
    expect(OPTIONAL.filter((name) => device.features.has(name))).toEqual([]);
    expect(await doubleNumbers(device, numbers)).toEqual([...numbers].map((value) => 2 * value));
    device.destroy();
  });

  test.runIf(process.platform === 'linux')('is known as a software adapter', async () => {
    expect(softwareAdapter((await requestAdapter()).info)).toMatch(/SwiftShader/);
    const device = await softwareDevice('default');
    expect(softwareAdapter(device.adapterInfo)).toMatch(/SwiftShader/);
    device.destroy();
  });
});

/** An adapter that records requests. */
function fakeAdapter(refusal?: Error) {
  const limits: Partial<Record<LimitName, number>> = { ...DEFAULTS, maxComputeWorkgroupStorageSize: 49_152 };
  delete limits.maxComputeWorkgroupsPerDimension;
  return {
    info: { vendor: 'acme', architecture: 'rocket', device: '', description: '' },
    features: new Set(['subgroups', 'depth-clip-control']),
    limits,
    requestDevice: vi.fn(async (_?: GPUDeviceDescriptor) => {
      if (refusal) throw refusal;
      return 'a device';
    }),
  };
}

describe('requestDevice', () => {
  afterEach(() => vi.unstubAllGlobals());

  test('requests the fast adapter first, the features that kernels use, and the limits that it knows', async () => {
    const adapter = fakeAdapter();
    const requestAdapter = vi.fn(async (options?: GPURequestAdapterOptions) => (options ? null : adapter));
    vi.stubGlobal('navigator', { gpu: { requestAdapter } });
    expect(await requestDevice()).toBe('a device');
    expect(requestAdapter.mock.calls).toEqual([[{ powerPreference: 'high-performance' }], []]);
    expect(adapter.requestDevice.mock.calls).toEqual([
      [{ requiredFeatures: ['subgroups'], requiredLimits: adapter.limits }],
    ]);
  });

  test('requests no limits and features with `default`', async () => {
    const adapter = fakeAdapter();
    vi.stubGlobal('navigator', { gpu: { requestAdapter: async () => adapter } });
    await requestDevice({ limits: 'default' });
    expect(adapter.requestDevice.mock.calls).toEqual([[undefined]]);
  });

  test('refuses unknown limits', async () => {
    const limits = 'most' as 'adapter';
    await expect(requestDevice({ limits })).rejects.toThrow(
      /limits is 'most'; expected 'adapter' or 'default'/,
    );
  });
});

describe('without a device', () => {
  afterEach(() => vi.unstubAllGlobals());

  test.each([
    ['Node', {}, /npm install webgpu.*setUpWebGPU\(\) of '@sluice\/backend-webgpu\/node'/],
    ['Deno', { Deno: {} }, /--unstable-webgpu/],
    ['an insecure page', { process: undefined, isSecureContext: false }, /https, or from localhost/],
    ['another browser', { process: undefined, isSecureContext: true }, /--enable-unsafe-webgpu/],
  ])('%s has no WebGPU: the error gives advice', async (_, globals, advice) => {
    vi.stubGlobal('navigator', undefined);
    for (const [name, value] of Object.entries(globals)) vi.stubGlobal(name, value);
    const failure = requestDevice();
    await expect(failure).rejects.toThrow(/^This runtime has no WebGPU \(navigator\.gpu is undefined\)\. /);
    await expect(failure).rejects.toThrow(advice);
  });

  test.each([
    ['Node', {}, /libvulkan\.so\.1.*setUpWebGPU\(\{ vulkanDriver/],
    ['a browser', { process: undefined }, /chrome:\/\/gpu.*--enable-unsafe-webgpu/],
  ])('%s has no adapter: the error gives advice', async (_, globals, advice) => {
    vi.stubGlobal('navigator', { gpu: { requestAdapter: async () => null } });
    for (const [name, value] of Object.entries(globals)) vi.stubGlobal(name, value);
    const failure = requestDevice();
    await expect(failure).rejects.toThrow(/^WebGPU is there, but has no adapter/);
    await expect(failure).rejects.toThrow(advice);
  });

  test('the adapter refuses: the error gives the reason and advice', async () => {
    const adapter = fakeAdapter(new Error('out of memory'));
    vi.stubGlobal('navigator', { gpu: { requestAdapter: async () => adapter } });
    await expect(requestDevice()).rejects.toThrow(
      "The WebGPU adapter acme rocket refused a device: out of memory; try requestDevice({ limits: 'default' }).",
    );
    await expect(requestDevice({ limits: 'default' })).rejects.toThrow(/: out of memory\.$/);
  });
});
