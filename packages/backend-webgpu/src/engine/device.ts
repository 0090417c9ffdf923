export interface DeviceOptions {
  /**
   * `adapter`: the adapter's largest limits, and those optional features that the engine uses, if it has them;
   * `default`: the limits of every WebGPU device, and no optional feature. Default `adapter`.
   */
  readonly limits?: 'adapter' | 'default';
}

/** 16-bit floats, exchange between threads, times of dispatches, and drawing (for TensorFlow.js). */
const FEATURES = ['shader-f16', 'subgroups', 'timestamp-query', 'bgra8unorm-storage'] as const;

/** Limits on the memory of a kernel and on its threads. */
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
 * Requests the adapter to compute on. It may be a software adapter: ask `softwareAdapter` of this package.
 *
 * @param powerPreference which GPU to prefer if there are several. Default: the fast one.
 * @throws Error with advice when this runtime has no WebGPU, or WebGPU has no adapter.
 */
export async function requestAdapter(
  powerPreference: GPUPowerPreference = 'high-performance',
): Promise<GPUAdapter> {
  const gpu = (globalThis.navigator as { gpu?: GPU } | undefined)?.gpu;
  if (!gpu) throw new Error(explainMissingGPU());
  const adapter = (await gpu.requestAdapter({ powerPreference })) ?? (await gpu.requestAdapter());
  if (!adapter) throw new Error(explainMissingAdapter());
  return adapter;
}

/**
 * Requests a device of the adapter that `requestAdapter` finds. The caller destroys it.
 *
 * @throws Error with advice when there is no WebGPU or no adapter, or when the adapter refuses the device.
 */
export async function requestDevice({ limits = 'adapter' }: DeviceOptions = {}): Promise<GPUDevice> {
  if (limits !== 'adapter' && limits !== 'default') {
    throw new TypeError(`requestDevice: limits is '${limits}'; expected 'adapter' or 'default'.`);
  }
  return requestDeviceOf(await requestAdapter(), limits);
}

/** Requests a device of an adapter. The caller destroys it. @throws Error when the adapter refuses it. */
export async function requestDeviceOf(
  adapter: GPUAdapter,
  limits: NonNullable<DeviceOptions['limits']>,
): Promise<GPUDevice> {
  try {
    return await adapter.requestDevice(limits === 'adapter' ? describeLargestDevice(adapter) : undefined);
  } catch (error) {
    const advice = limits === 'adapter' ? "; try requestDevice({ limits: 'default' })" : '';
    const reason = error instanceof Error ? error.message : String(error);
    throw new Error(`The WebGPU adapter ${nameAdapter(adapter)} refused a device: ${reason}${advice}.`, {
      cause: error,
    });
  }
}

function describeLargestDevice({ features, limits }: GPUAdapter): GPUDeviceDescriptor {
  // Older runtimes lack some limits, and requesting an unknown limit is an error.
  const known = LIMITS.filter((name) => limits[name] !== undefined);
  return {
    requiredFeatures: FEATURES.filter((name) => features.has(name)),
    requiredLimits: Object.fromEntries(known.map((name) => [name, limits[name]])),
  };
}

/** Names an adapter in errors; older browsers have no `info`. */
function nameAdapter({ info }: { readonly info?: GPUAdapterInfo }): string {
  const parts = [info?.vendor, info?.architecture].filter(Boolean).join(' ');
  return info?.description || parts || 'without a name';
}

/** Says why this runtime has no `navigator.gpu`, and how to get it. */
function explainMissingGPU(): string {
  const absent = 'This runtime has no WebGPU (navigator.gpu is undefined).';
  const { Deno, process, isSecureContext } = globalThis as {
    Deno?: unknown;
    process?: { versions?: { node?: string } };
    isSecureContext?: boolean;
  };
  if (Deno) return `${absent} Start Deno with --unstable-webgpu.`;
  if (process?.versions?.node) {
    return (
      `${absent} In Node it comes with the package webgpu: npm install webgpu, and before anything else ` +
      "await setUpWebGPU() of '@sluice/backend-webgpu/node'."
    );
  }
  if (isSecureContext === false) {
    return `${absent} Browsers have it only in secure contexts: serve the page over https, or from localhost.`;
  }
  return (
    `${absent} Chrome and Edge 113, Safari 26 and Firefox 141 on Windows have it, and newer ones; Chromium on Linux ` +
    'may need the flags --enable-unsafe-webgpu --enable-features=Vulkan.'
  );
}

/** Says why WebGPU may have no adapter, and how to get one. */
function explainMissingAdapter(): string {
  const absent = 'WebGPU is there, but has no adapter: no GPU that it can use.';
  const { process } = globalThis as { process?: { versions?: { node?: string } } };
  if (process?.versions?.node) {
    return (
      `${absent} On Linux it needs the Vulkan loader (libvulkan.so.1) and the GPU's Vulkan driver; without a GPU, ` +
      "a software driver, named by setUpWebGPU({ vulkanDriver: '/path/to/…_icd.json' })."
    );
  }
  return (
    `${absent} chrome://gpu says why; Chromium on Linux may need the flags --enable-unsafe-webgpu ` +
    '--enable-features=Vulkan.'
  );
}
