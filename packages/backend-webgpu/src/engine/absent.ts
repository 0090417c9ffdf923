/** Why there is no `navigator.gpu` in this runtime, and what to do. */
export function missingGPU(): string {
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

/** Why WebGPU may have no adapter in this runtime, and what to do. */
export function missingAdapter(): string {
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
