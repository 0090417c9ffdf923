import './tensor-methods.js';

export { input, model, type SymbolicTensor, sequential } from '@tensorflow/tfjs-layers';
export { type SelectBackendOptions, type SelectedBackend, selectBackend } from './backends/select-backend.js';
export {
  Bidirectional,
  type BidirectionalArgs,
  bidirectional,
  type MergeMode,
} from './layers/bidirectional.js';
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
} from './layers/cell-layers.js';
export { Embedding, type EmbeddingArgs, embedding } from './layers/embedding.js';
export {
  type InspectedCall,
  inspectLayer,
  inspectLayerGradients,
  type LayerGradients,
} from './layers/inspect-layer.js';
export type { RecurrentArgs } from './layers/recurrent-args.js';
export { RecurrentLayer } from './layers/recurrent-layer.js';
export { dense, dropout } from './layers/tfjs-layers.js';
export { accelerate } from './models/accelerate.js';
export type { Accelerated, Acceleration, LeftLayer, ReplacedLayer } from './models/acceleration.js';
export { loadLayersModel } from './models/load-layers-model.js';
export { loadModel } from './models/load-model.js';
export { loadWeights } from './models/load-weights.js';
export { type MatchedLayer, type WeightMapping, WeightMatch } from './models/match-layers.js';
export { toModelFile } from './models/to-model-file.js';
export type { RecurrentOptions, RecurrentResult } from './operation/operands.js';
export { recurrent } from './operation/recurrent.js';
export { Adam, adam } from './optimizers/adam.js';
export { ClippedOptimizer, clipGradients } from './optimizers/clip-gradients.js';
export type { ClipOptions } from './optimizers/gradients.js';
export { Orthogonal, type OrthogonalOptions, orthogonal } from './weights/orthogonal.js';
