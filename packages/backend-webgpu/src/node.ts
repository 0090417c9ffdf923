import { existsSync } from 'node:fs';

export interface NodeWebGPUOptions {
  /**
   * On Linux, the manifest (`….json`) of the Vulkan driver: without a GPU, that of a software driver, such as Chromium's
   * `vk_swiftshader_icd.json`. It is set as VK_DRIVER_FILES in the environment. Default: the Vulkan loader's choice.
   */
  readonly vulkanDriver?: string;
  /** Flags of Dawn, the implementation in the package `webgpu`, such as `enable-dawn-features=…`. Default: none. */
  readonly flags?: readonly string[];
}

/**
 * Adds `navigator.gpu` and WebGPU's globals to Node, from the package `webgpu` (an optional peer dependency). Call it before
 * you import TensorFlow.js's WebGPU backend. If `navigator.gpu` exists, it does nothing.
 *
 * It does not keep the program running. Destroy devices that are no longer needed, as in a browser.
 *
 * @throws Error when the package `webgpu` is not installed or has no build for this machine, or when `vulkanDriver` does not
 *   exist or is set too late.
 */
export async function setUpWebGPU({ vulkanDriver, flags = [] }: NodeWebGPUOptions = {}): Promise<void> {
  if (globalThis.navigator?.gpu) {
    if (vulkanDriver !== undefined && process.env.VK_DRIVER_FILES !== vulkanDriver) {
      throw new Error(
        `setUpWebGPU: the Vulkan driver ${vulkanDriver} is set too late: navigator.gpu exists already.`,
      );
    }
    return;
  }
  if (vulkanDriver !== undefined) setVulkanDriver(vulkanDriver);
  const { create, globals } = await importWebGPU();
  Object.assign(globalThis, globals);
  // Node 20 has no navigator; newer versions have one without a gpu. The gpu must stay referenced while it is in use.
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

/** Sets the Vulkan driver. The Vulkan loader ignores a missing file, so check it here. */
function setVulkanDriver(path: string): void {
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
