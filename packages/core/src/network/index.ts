/** Networks of blocks as one cell, for streams: `network`, the blocks, and what joins signals. */
export {
  activate,
  add,
  averagePool,
  concatenate,
  type DenseOptions,
  dense,
  elementwise,
  type LayerNormOptions,
  layerNorm,
  maxPool,
  multiply,
  type PoolOptions,
  reshape,
  type ScaleOptions,
  scale,
} from './blocks.js';
export { type Conv1dOptions, type ConvolutionOptions, conv1d, depthwiseConv1d } from './convolution.js';
export {
  type Block,
  type BlockParameter,
  type Network,
  type NetworkDefinition,
  network,
  type Scope,
} from './network.js';
export {
  type BidirectionalOptions,
  bidirectional,
  type RecurrentOptions,
  type RunSteps,
  recurrent,
  stepsOf,
} from './recurrent.js';
export { Signal } from './signal.js';
export {
  type IstftOptions,
  istft,
  magnitude,
  overlapAdd,
  type StftOptions,
  stft,
  type WindowSetting,
} from './spectrum.js';
