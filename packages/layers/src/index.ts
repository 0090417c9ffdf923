import './tensor-methods.js';

export { input, loadLayersModel, model, type SymbolicTensor, sequential } from '@tensorflow/tfjs-layers';
export { Adam, adam } from './adam.js';
export { Bidirectional, type BidirectionalArgs, bidirectional, type MergeMode } from './bidirectional.js';
export {
  Gru,
  type GruArgs,
  gru,
  Lstm,
  type LstmArgs,
  lstm,
  Rnn,
  type RnnArgs,
  rnn,
  SimpleRnn,
  type SimpleRnnArgs,
  Sru,
  type SruArgs,
  simpleRNN,
  sru,
} from './cell-layers.js';
export { type ClipOptions, ClippedOptimizer, clipGradients } from './clip-gradients.js';
export { Embedding, type EmbeddingArgs, embedding } from './embedding.js';
export { Orthogonal, type OrthogonalOptions, orthogonal } from './orthogonal.js';
export { recurrent } from './recurrent.js';
export type { RecurrentArgs } from './recurrent-args.js';
export { RecurrentLayer } from './recurrent-layer.js';
export type { RecurrentOptions, RecurrentResult } from './recurrent-run.js';
export { type SelectBackendOptions, type SelectedBackend, selectBackend } from './select-backend.js';
export { dense, dropout } from './tfjs-layers.js';
