import { existsSync } from 'node:fs';

export interface NodeWebGPUOptions {
  /**
   * The manifest (`….json`) of the Vulkan driver to use, on Linux: of a software one such as Chromium's
   * `vk_swiftshader_icd.json` where there is no GPU. It becomes VK_DRIVER_FILES in the environment. Default: what the
   * Vulkan loader finds.
   */
  readonly vulkanDriver?: string;
  /** Flags of Dawn, the implementation in the package `webgpu`, such as `enable-dawn-features=…`. Default: none. */
  readonly flags?: readonly string[];
}

/**
 * Gives Node `navigator.gpu` and WebGPU's globals, by the package `webgpu` (an optional peer of this one). Call it before
 * TensorFlow.js's WebGPU backend is imported. Where there is a `navigator.gpu` already nothing is done.
 *
 * It does not keep the program from ending. A device is to be destroyed when it is no longer needed, as in a browser.
 *
 * @throws Error when the package `webgpu` is not installed or has no build for this machine, or when a Vulkan driver is
 *   named that does not exist, or too late.
 */
export async function setUpWebGPU({ vulkanDriver, flags = [] }: NodeWebGPUOptions = {}): Promise<void> {
  if (globalThis.navigator?.gpu) {
    if (vulkanDriver !== undefined && process.env.VK_DRIVER_FILES !== vulkanDriver) {
      throw new Error(
        `setUpWebGPU: the Vulkan driver ${vulkanDriver} is named too late: navigator.gpu is there already.`,
      );
    }
    return;
  }
  if (vulkanDriver !== undefined) nameDriver(vulkanDriver);
  const { create, globals } = await importWebGPU();
  Object.assign(globalThis, globals);
  // Node 20 has no navigator; newer ones have one without a gpu. It must stay referenced as long as anything of it is used.
  const navigator = globalThis.navigator ?? { userAgent: `Node.js/${process.versions.node.split('.')[0]}` };
  Object.defineProperty(navigator, 'gpu', {
    value: create([...flags]),
    configurable: true,
    enumerable: true,
  });
  if (!globalThis.navigator) {
    Object.defineProperty(globalThis, 'navigator', { value: navigator, configurable: true, writable: true });
  }
}

/** The Vulkan loader ignores what is not there, and then there is no adapter: better said at once. */
function nameDriver(path: string): void {
  if (!existsSync(path)) {
    throw new Error(
      `setUpWebGPU: vulkanDriver names ${path}, which does not exist; give the path of a Vulkan driver’s ….json.`,
    );
  }
  process.env.VK_DRIVER_FILES = path;
}

async function importWebGPU() {
  try {
    return await import('webgpu');
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code === 'ERR_MODULE_NOT_FOUND') {
      throw new Error('setUpWebGPU needs the package webgpu: npm install webgpu', { cause: error });
    }
    throw new Error(
      `setUpWebGPU: the package webgpu does not load on ${process.platform}-${process.arch}: ${message}`,
      { cause: error },
    );
  }
}
