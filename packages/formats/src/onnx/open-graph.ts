/** The messages of an ONNX file with all its arrays. */
import { FormatError } from '../bytes/format-error.js';
import type { OpenedSource } from '../bytes/source.js';
import type { FileTensor } from '../data/tensor.js';
import { type GraphProto, MODEL, type ModelProto, type TensorProto } from './messages.js';
import { allTensors, openExternalFiles, readTensor } from './tensors.js';
import { decodeMessage } from './wire.js';

export interface OpenedGraph {
  readonly model: ModelProto;
  readonly graph: GraphProto;
  /** Every array of the file; undefined for those of a type that is not read. */
  readonly arrays: ReadonlyMap<TensorProto, FileTensor | undefined>;
  /** The bytes of the model's files. */
  readonly size: number;
}

/** @throws FormatError when the file has no graph, or an array is damaged or lies in a file that is missing. */
export async function openGraph(source: OpenedSource): Promise<OpenedGraph> {
  const model = decodeMessage(MODEL, source.bytes, source.name);
  const { graph } = model;
  if (!graph)
    throw new FormatError(`${source.name}: the model has no graph. The file is incomplete; copy it again.`);
  const external = await openExternalFiles(model, source);
  const arrays = new Map<TensorProto, FileTensor | undefined>();
  for (const tensor of allTensors(model)) {
    if (!arrays.has(tensor)) arrays.set(tensor, readTensor(tensor, external, source.name));
  }
  let size = source.bytes.length;
  for (const { length } of external.values()) size += length;
  return { model, graph, arrays, size };
}
