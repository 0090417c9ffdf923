import { missingAdapter, missingGPU } from './absent.js';

export interface DeviceOptions {
  /**
   * `adapter`: the largest limits that the adapter has, and what it has of the optional features below;
   * `default`: the limits that every WebGPU device has, and no optional feature. Default `adapter`.
   */
  readonly limits?: 'adapter' | 'default';
}

/** Narrow numbers, reading what other threads have, the times of dispatches, and, for TensorFlow.js, drawing. */
const FEATURES = ['shader-f16', 'subgroups', 'timestamp-query', 'bgra8unorm-storage'] as const;

/** How much memory a kernel can reach and how many threads can work together. */
const LIMITS = [
  'maxBufferSize',
  'maxStorageBufferBindingSize',
  'maxStorageBuffersPerShaderStage',
  'maxComputeWorkgroupStorageSize',
  'maxComputeInvocationsPerWorkgroup',
  'maxComputeWorkgroupSizeX',
  'maxComputeWorkgroupSizeY',
  'maxComputeWorkgroupSizeZ',
  'maxComputeWorkgroupsPerDimension',
] as const;

/**
 * The adapter to compute on: the fast GPU where there are several. It may be a software adapter; `softwareAdapter` of
 * @sluice/core tells.
 *
 * @param powerPreference which GPU is wanted where there are several.
 * @throws Error that says what to do when this runtime has no WebGPU or WebGPU has no adapter.
 */
export async function requestAdapter(
  powerPreference: GPUPowerPreference = 'high-performance',
): Promise<GPUAdapter> {
  const gpu = (globalThis.navigator as { gpu?: GPU } | undefined)?.gpu;
  if (!gpu) throw new Error(missingGPU());
  const adapter = (await gpu.requestAdapter({ powerPreference })) ?? (await gpu.requestAdapter());
  if (!adapter) throw new Error(missingAdapter());
  return adapter;
}

/**
 * A device of the adapter that `requestAdapter` finds, for the caller to destroy.
 *
 * @throws Error that says what to do when there is no WebGPU or no adapter, or when the adapter refuses the device.
 */
export async function requestDevice({ limits = 'adapter' }: DeviceOptions = {}): Promise<GPUDevice> {
  if (limits !== 'adapter' && limits !== 'default') {
    throw new TypeError(`requestDevice: limits is '${limits}'; give 'adapter' or 'default'.`);
  }
  return deviceOf(await requestAdapter(), limits);
}

/** A device of an adapter, for the caller to destroy. @throws Error when the adapter refuses it. */
export async function deviceOf(
  adapter: GPUAdapter,
  limits: NonNullable<DeviceOptions['limits']>,
): Promise<GPUDevice> {
  try {
    return await adapter.requestDevice(limits === 'adapter' ? allThatHelps(adapter) : undefined);
  } catch (error) {
    const advice = limits === 'adapter' ? "; try requestDevice({ limits: 'default' })" : '';
    const reason = error instanceof Error ? error.message : String(error);
    throw new Error(`The WebGPU adapter ${nameOf(adapter)} refused a device: ${reason}${advice}.`, {
      cause: error,
    });
  }
}

function allThatHelps({ features, limits }: GPUAdapter): GPUDeviceDescriptor {
  // An older runtime may not know a limit, and asking for one that it does not know is an error.
  const known = LIMITS.filter((name) => limits[name] !== undefined);
  return {
    requiredFeatures: FEATURES.filter((name) => features.has(name)),
    requiredLimits: Object.fromEntries(known.map((name) => [name, limits[name]])),
  };
}

/** Older browsers do not tell an adapter's name. */
function nameOf({ info }: { readonly info?: GPUAdapterInfo }): string {
  const parts = [info?.vendor, info?.architecture].filter(Boolean).join(' ');
  return info?.description || parts || 'without a name';
}
