/** What is read of WebGPU's `GPUAdapterInfo`; an older browser may leave any of it out. */
export interface AdapterInfo {
  readonly vendor?: string;
  readonly architecture?: string;
  readonly device?: string;
  readonly description?: string;
  readonly isFallbackAdapter?: boolean;
}

/**
 * What the known programs that do a GPU's work on the processor call themselves: Chromium's SwiftShader, Mesa's llvmpipe
 * and lavapipe (its Vulkan driver, which names llvmpipe), and Windows' WARP, whose name is the Basic Render Driver.
 */
const NAMES = /swiftshader|llvmpipe|lavapipe|\bwarp\b|basic render/i;

/**
 * Whether a WebGPU adapter is a program on the processor and not a GPU: right, but slower than WebAssembly.
 *
 * @param info the `info` of an adapter, or the `adapterInfo` of a device
 * @returns how it describes itself, `SwiftShader driver 5.0.0` for instance; nothing when it is a GPU
 */
export function softwareAdapter(info: AdapterInfo): string | undefined {
  const { description, device, architecture, vendor, isFallbackAdapter } = info;
  const names = [description, device, architecture, vendor].filter((name) => name);
  const isSoftware = isFallbackAdapter === true || names.some((name) => NAMES.test(name!));
  return isSoftware ? (names[0] ?? 'a fallback adapter') : undefined;
}
