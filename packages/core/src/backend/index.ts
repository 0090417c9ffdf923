export { checkCotangents, checkInputs, checkResult } from './check.js';
export { emptyGradient, emptyResult } from './empty-batch.js';
export { KERNELS_WITHOUT_NUMBERS, type StoredNumbers, withFloatInputs } from './float-inputs.js';
export { backendFromKernels } from './from-kernels/index.js';
export type {
  Backend,
  SequenceCotangents,
  SequenceGradient,
  SequenceInputs,
  SequenceResult,
} from './interface.js';
export type {
  Kernels,
  Matrix,
  ProgramRows,
  Rows,
  SequenceProduct,
  SequenceRows,
  SequenceStage,
  Start,
} from './kernels.js';
export { checkLengths, maskOfLengths, withMaskOfLengths } from './lengths.js';
export { OwnedBuffer, withOwnedBuffers } from './owned-buffers.js';
export { type SequenceLayout, sequenceLayout } from './sequence-layout.js';
export { type AdapterInfo, softwareAdapter } from './software-adapter.js';
export {
  type KernelArguments,
  RECURRENT,
  RECURRENT_GRADIENT,
  type RecurrentAttributes,
  recurrentKernels,
  type TensorAccess,
  type TensorInfo,
} from './tfjs-kernels.js';
export { ORTHONORMAL_ROWS, type OrthonormalRows } from './tfjs-orthonormal.js';
export {
  POINTWISE,
  type PointwiseAttributes,
  type PointwiseOperands,
  pointwiseKernel,
  pointwiseOperands,
} from './tfjs-pointwise.js';
