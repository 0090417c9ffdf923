import { setUpWebGPU } from '@sluice/backend-webgpu/node';

/** In the environment of parts that run on a software adapter. */
export const SOFTWARE = { SLUICE_SOFTWARE: 'yes' };

/**
 * Gives this part WebGPU. On a software adapter, which is there to try all this out, without setting workgroup memory to 0: it
 * would take seconds to compile a kernel.
 */
export const setUp = (): Promise<void> =>
  setUpWebGPU({ flags: process.env.SLUICE_SOFTWARE ? ['enable-dawn-features=disable_workgroup_init'] : [] });
