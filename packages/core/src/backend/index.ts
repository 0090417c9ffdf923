export { checkCotangents, checkInputs } from './check.js';
export type {
  Backend,
  SequenceCotangents,
  SequenceGradient,
  SequenceInputs,
  SequenceResult,
} from './interface.js';
export type { Kernels, Matrix, ProgramRows, Rows } from './kernels.js';
