/** How a backend of Sluice becomes kernels of TensorFlow.js. */
export { type BackendDescription, describeBackend, describedBackends } from './backend-descriptions.js';
export {
  KERNELS_WITHOUT_NUMBERS,
  replaceKernel,
  type StoredNumbers,
  withFloatInputs,
  withSeparateActivation,
} from './kernel-wrappers.js';
export {
  type DataOwner,
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
