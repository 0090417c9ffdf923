/** The graph of an ONNX file, for those who run it: its messages and arrays, and what evaluates constants. */
import { asFormatError } from '../bytes/as-format-error.js';
import { openSource, type Source, type SourceOptions } from '../bytes/source.js';
import { type OpenedGraph, openGraph } from './open-graph.js';

export { FormatError } from '../bytes/format-error.js';
export type { Source, SourceOptions } from '../bytes/source.js';
export type { FileTensor, StoredType, Values } from '../data/tensor.js';
export { describeNode, isStandard, NotConstant, operations } from './fold.js';
export { axisOf, type FoldOperation, type OperationCall } from './fold-shapes.js';
export type {
  AttributeProto,
  GraphProto,
  ModelProto,
  NodeProto,
  TensorProto,
  ValueInfo,
} from './messages.js';
export type { OpenedGraph } from './open-graph.js';
export { type ConstantValues, readRecurrent } from './recurrent.js';
export { type Attributes, Scope, type Value } from './scope.js';
export { broadcastShape, type Constant, expandTo, sizeOf, stridesOf, takeStrided } from './strided.js';

/** An opened graph, and the name of its file for errors. */
export interface NamedGraph extends OpenedGraph {
  readonly name: string;
}

/**
 * Opens an ONNX file.
 * @throws FormatError when it is missing, damaged or no ONNX file.
 */
export async function readGraph(source: Source, options: SourceOptions = {}): Promise<NamedGraph> {
  const opened = await openSource(source, options);
  const graph = await asFormatError(opened.name, () => openGraph(opened));
  return { ...graph, name: opened.name };
}
