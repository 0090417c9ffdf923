/**
 * A device that does not say that it is software: so the kernels run that GPUs are given. Only what the engine asks of a device
 * works.
 */
export const asGpu = (device: GPUDevice): GPUDevice =>
  new Proxy(device, {
    get: (target, key) => {
      if (key === 'adapterInfo') return {};
      const value = Reflect.get(target, key, target) as unknown;
      return typeof value === 'function' ? value.bind(target) : value;
    },
  });
