/** How a backend of Sluice becomes kernels of TensorFlow.js. */
export { withSeparateActivation } from './fused-activations.js';
export {
  type KernelArguments,
  ORTHONORMAL_ROWS,
  type OrthonormalRows,
  POINTWISE,
  type PointwiseAttributes,
  RECURRENT,
  RECURRENT_GRADIENT,
  type RecurrentAttributes,
  type TensorAccess,
  type TensorInfo,
} from './kernels.js';
export { type PointwiseOperands, pointwiseKernel, pointwiseOperands } from './pointwise-kernel.js';
export { recurrentKernels } from './recurrent-kernels.js';
export { KERNELS_WITHOUT_NUMBERS, type StoredNumbers, withFloatInputs } from './stored-numbers.js';
