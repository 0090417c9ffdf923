import '@sluice/backend-cpu';
import { POINTWISE, RECURRENT, RECURRENT_GRADIENT } from '@sluice/tfjs';
import { MathBackendCPU } from '@tensorflow/tfjs-backend-cpu';
import { copyRegisteredKernels, registerBackend, unregisterKernel } from '@tensorflow/tfjs-core';

/** The backends of the two ways to run: `cpu` has Sluice's kernels; `plain` is TensorFlow.js's cpu backend, which uses the fallback. */
export const BACKENDS = ['cpu', 'plain'] as const;

registerBackend('plain', () => new MathBackendCPU());
copyRegisteredKernels('cpu', 'plain');
for (const kernel of [RECURRENT, RECURRENT_GRADIENT, POINTWISE]) unregisterKernel(kernel, 'plain');
