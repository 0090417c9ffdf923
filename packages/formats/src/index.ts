export { FormatError } from './bytes/format-error.js';
export type { ReportProgress, Source, SourceOptions } from './bytes/source.js';
export type { AssumedOptions, ReadOptions } from './data/format.js';
export {
  type CallOptions,
  type CellWeights,
  type Direction,
  type FormatName,
  type KerasObject,
  type LayerData,
  type LayerPlan,
  type ModelFile,
  type OtherLayerData,
  type RecurrentLayerData,
  toPlan,
} from './data/layers.js';
export type { FileTensor, StoredType, Values } from './data/tensor.js';
export { readArrays } from './read-arrays.js';
export { readModel } from './read-model.js';
