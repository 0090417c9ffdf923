/**
 * Wraps a software device so that the engine takes it for a GPU and uses the kernels for GPUs. It supports only the members
 * that the engine uses.
 *
 * @param limits lower limits for it to report.
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
