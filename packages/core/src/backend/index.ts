/** For authors of devices: the interface of a backend, its parts, and the parts of a plan that a device reads. */
export { type OperationName, operations } from '../equations/operations.js';
export { type RowOperationName, rowOperations } from '../equations/row-operations.js';
export { type Node, operandsOf, reachable } from '../graph/graph.js';
export { isInputProjection, type Product, type ProductOperand } from '../graph/products.js';
export type { RecurrentMask } from '../graph/trace.js';
export type { LoopOptions } from '../loop/build.js';
export { FRAME_ALIGNMENT, type Frame, type FramePlace, frameOf } from '../loop/frame-rows.js';
export type {
  Carried,
  Loop,
  LoopBuffer,
  LoopProduct,
  LoopScan,
  LoopStage,
  MatrixReference,
  ParallelLoop,
  Reference,
  RowProduct,
  RowsProduct,
  Source,
} from '../loop/loop.js';
export { loopOf, type Pass } from '../loop/loops.js';
export { parallelLoopOf } from '../loop/parallel.js';
export { savedLength } from '../loop/saved-length.js';
export { outputState } from '../plan/plan.js';
export { type ArrayPlace, pointwiseProgram } from '../plan/pointwise.js';
export type { Program } from '../plan/program.js';
export {
  type Arguments,
  forwardArguments,
  gradientArguments,
  maskedBy,
  Results,
} from './arguments.js';
export { checkCotangents, checkInputs, checkResult } from './check.js';
export { backendFromKernels } from './from-kernels/index.js';
export { inferenceFromKernels } from './from-kernels/inference.js';
export type {
  Backend,
  InferenceBackend,
  SequenceCotangents,
  SequenceGradient,
  SequenceInputs,
  SequenceResult,
} from './interface.js';
export type {
  Kernels,
  Matrix,
  ProgramRows,
  RowAccess,
  Rows,
  SequenceProduct,
  SequenceRowOperation,
  SequenceRows,
  SequenceStage,
} from './kernels.js';
export { withOwnedBuffers, withOwnedInference } from './owned-backends.js';
export { OwnedBuffer } from './owned-buffers.js';
export {
  type PackagedBackend,
  type PackagedBackendName,
  packagedBackends,
} from './packaged-backends.js';
export {
  checkLengths,
  emptyGradient,
  emptyResult,
  maskOfLengths,
  type SequenceLayout,
  sequenceLayout,
  withMaskOfLengths,
} from './sequences.js';
export { type AdapterInfo, softwareAdapter } from './software-adapter.js';
