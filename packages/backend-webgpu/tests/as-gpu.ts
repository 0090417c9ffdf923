/**
 * A device that does not say that it is software: so the kernels run that GPUs are given. Only what the engine asks of a device
 * works.
 *
 * @param limits which it says are lower than they are
 */
export const asGpu = (
  device: GPUDevice,
  limits: Partial<Record<keyof GPUSupportedLimits, number>> = {},
): GPUDevice =>
  new Proxy(device, {
    get: (target, key) => {
      if (key === 'adapterInfo') return {};
      if (key === 'limits') {
        return new Proxy(target.limits, {
          get: (all, name) => limits[name as keyof GPUSupportedLimits] ?? Reflect.get(all, name, all),
        });
      }
      const value = Reflect.get(target, key, target) as unknown;
      return typeof value === 'function' ? value.bind(target) : value;
    },
  });
