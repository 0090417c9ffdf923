/** The used part of WebGPU's `GPUAdapterInfo`; in older browsers any of it may be missing. */
export interface AdapterInfo {
  readonly vendor?: string;
  readonly architecture?: string;
  readonly device?: string;
  readonly description?: string;
  readonly isFallbackAdapter?: boolean;
}

/**
 * The names of software adapters: Chromium's SwiftShader, Mesa's llvmpipe and lavapipe (its Vulkan driver, which names
 * llvmpipe), and Windows' WARP, whose name is the Basic Render Driver.
 */
const NAMES = /swiftshader|llvmpipe|lavapipe|\bwarp\b|basic render/i;

/**
 * Whether a WebGPU adapter runs on the processor instead of a GPU. Such an adapter is slower than WebAssembly.
 *
 * @param info the `info` of an adapter, or the `adapterInfo` of a device
 * @returns its own description, such as `SwiftShader driver 5.0.0`; undefined for a GPU
 */
export function softwareAdapter(info: AdapterInfo): string | undefined {
  const { description, device, architecture, vendor, isFallbackAdapter } = info;
  const names = [description, device, architecture, vendor].filter((name) => name);
  const isSoftware = isFallbackAdapter === true || names.some((name) => NAMES.test(name!));
  return isSoftware ? (names[0] ?? 'a fallback adapter') : undefined;
}
