import '@sluice/backend-cpu';
import { POINTWISE, RECURRENT, RECURRENT_GRADIENT } from '@sluice/tfjs';
import { MathBackendCPU } from '@tensorflow/tfjs-backend-cpu';
import { copyRegisteredKernels, registerBackend, unregisterKernel } from '@tensorflow/tfjs-core';

/**
 * The two ways the operation runs: `cpu` has Sluice's kernels; `plain` is the same TensorFlow.js backend without them, so
 * that there the fallback is used.
 */
export const BACKENDS = ['cpu', 'plain'] as const;

registerBackend('plain', () => new MathBackendCPU());
copyRegisteredKernels('cpu', 'plain');
for (const kernel of [RECURRENT, RECURRENT_GRADIENT, POINTWISE]) unregisterKernel(kernel, 'plain');
