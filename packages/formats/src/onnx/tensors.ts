/** The arrays of an ONNX file: in the file itself, in typed fields or as bytes, or in another file beside it. */
import { FormatError } from '../bytes/format-error.js';
import type { OpenedSource } from '../bytes/source.js';
import {
  countElements,
  decodeFloat16,
  decodeValues,
  type FileTensor,
  type StoredType,
  sizeOfType,
  type Values,
} from '../data/tensor.js';
import type { AttributeProto, GraphProto, ModelProto, NodeProto, TensorProto } from './messages.js';

/** `TensorProto.DataType`; strings, complex numbers and floats of 8 or fewer bits are not among them. */
const TYPES: Readonly<Record<number, StoredType>> = {
  1: 'float32',
  2: 'uint8',
  3: 'int8',
  4: 'uint16',
  5: 'int16',
  6: 'int32',
  7: 'int64',
  9: 'bool',
  10: 'float16',
  11: 'float64',
  12: 'uint32',
  13: 'uint64',
  16: 'bfloat16',
};

/** The type of arrays with the number `TensorProto.DataType`; undefined for types that are not read. */
export const typeOfNumber = (dataType: number | undefined): StoredType | undefined => TYPES[dataType ?? 0];

/** `TensorProto.data_location`: in another file. */
const EXTERNAL = 1;

/** The bytes of the files in which a model keeps arrays, by the path in the model. */
export type ExternalFiles = ReadonlyMap<string, Uint8Array>;

/** Calls `visit` for every node of a model, in subgraphs and functions too. */
export function forEachNode(model: ModelProto, visit: (node: NodeProto) => void): void {
  const visitAll = (nodes: readonly NodeProto[]): void => {
    for (const node of nodes) {
      visit(node);
      for (const graph of graphsOf(node.attribute)) visitAll(graph.node);
    }
  };
  visitAll(model.graph?.node ?? []);
  for (const { node } of model.functions) visitAll(node);
}

/** The subgraphs of a node. */
export const graphsOf = (attributes: readonly AttributeProto[]): GraphProto[] =>
  attributes.flatMap(({ g, graphs }) => (g ? [g, ...graphs] : graphs));

/** Every array of a model, those of Constant nodes too. */
export function allTensors(model: ModelProto): TensorProto[] {
  const tensors = [...(model.graph?.initializer ?? [])];
  forEachNode(model, ({ attribute }) => {
    for (const { t } of attribute) if (t) tensors.push(t);
    for (const { initializer } of graphsOf(attribute)) tensors.push(...initializer);
  });
  return tensors;
}

/** The names of all values that a node reads or a graph returns. */
export function usedNames(model: ModelProto): Set<string> {
  const used = new Set<string>();
  const addOutputs = (graph: GraphProto | undefined) => {
    for (const { name } of graph?.output ?? []) used.add(name ?? '');
  };
  addOutputs(model.graph);
  for (const { output } of model.functions) for (const name of output) used.add(name);
  forEachNode(model, ({ input, attribute }) => {
    for (const name of input) used.add(name);
    for (const graph of graphsOf(attribute)) addOutputs(graph);
  });
  return used;
}

/** Opens the files beside the model that hold its arrays. @throws FormatError when one is missing. */
export async function openExternalFiles(model: ModelProto, source: OpenedSource): Promise<ExternalFiles> {
  const files = new Map<string, Uint8Array>();
  for (const tensor of allTensors(model)) {
    if (tensor.dataLocation !== EXTERNAL) continue;
    const { location } = externalData(tensor);
    if (!location) {
      throw new FormatError(
        `${source.name}: ${tensor.name} lies in another file, but the model does not name it.`,
      );
    }
    if (!files.has(location)) files.set(location, await source.sibling(location));
  }
  return files;
}

const externalData = ({
  externalData: entries,
}: TensorProto): { readonly [key: string]: string | undefined } =>
  Object.fromEntries(entries.map(({ key, value }) => [key, value]));

/**
 * An array of a model.
 * @returns undefined when it is of a type that is not read, such as text.
 * @throws FormatError when its shape and its data contradict each other.
 */
export function readTensor(
  tensor: TensorProto,
  external: ExternalFiles,
  file: string,
): FileTensor | undefined {
  const type = typeOfNumber(tensor.dataType);
  if (!type) return undefined;
  const name = tensor.name ?? '';
  const shape = tensor.dims;
  const count = countElements(shape, file, name);
  const bytes = tensor.dataLocation === EXTERNAL ? externalBytes(tensor, external, file) : tensor.rawData;
  if (bytes) return { name, shape, type, values: decodeBytes(bytes, type, shape, file, name) };
  const numbers = typedData(tensor, type);
  if (numbers.length !== count) {
    throw new FormatError(
      `${file}: ${name} has the shape [${shape.join(', ')}], ${count} numbers, but ${numbers.length} are stored. ` +
        'The file is damaged or incomplete; copy or download it again.',
    );
  }
  return { name, shape, type, values: fromNumbers(numbers, type) };
}

/** As `decodeValues`, but integers beyond ±2⁵³ are rounded: exporters write the largest integer for "to the end". */
function decodeBytes(
  bytes: Uint8Array,
  type: StoredType,
  shape: readonly number[],
  file: string,
  name: string,
): Values {
  const is64 = type === 'int64' || type === 'uint64';
  if (!is64) return decodeValues(bytes, type, shape, file, name);
  const halves = decodeValues(bytes, 'uint32', [...shape, 2], file, name);
  const values = new Float64Array(halves.length / 2);
  for (let i = 0; i < values.length; i++) {
    const high = type === 'int64' ? halves[2 * i + 1] | 0 : halves[2 * i + 1];
    values[i] = high * 2 ** 32 + halves[2 * i];
  }
  return values;
}

function externalBytes(tensor: TensorProto, external: ExternalFiles, file: string): Uint8Array {
  const { location = '', offset = '0', length } = externalData(tensor);
  const bytes = external.get(location) as Uint8Array;
  const start = Number(offset);
  const end = length === undefined ? bytes.length : start + Number(length);
  if (
    Number.isSafeInteger(start) &&
    Number.isSafeInteger(end) &&
    0 <= start &&
    start <= end &&
    end <= bytes.length
  ) {
    return bytes.subarray(start, end);
  }
  throw new FormatError(
    `${file}: ${tensor.name} lies in ${location} from byte ${offset}, ${length ?? 'all'} bytes, but that file has ` +
      `${bytes.length} bytes. The two files do not belong together, or one is incomplete.`,
  );
}

/** The field that holds the numbers of a type when they are not stored as bytes. */
function typedData(tensor: TensorProto, type: StoredType): readonly number[] {
  if (type === 'float32') return tensor.floatData;
  if (type === 'float64') return tensor.doubleData;
  if (type === 'int64') return tensor.int64Data;
  return type === 'uint32' || type === 'uint64' ? tensor.uint64Data : tensor.int32Data;
}

function fromNumbers(numbers: readonly number[], type: StoredType): Values {
  if (type === 'float16') return Float32Array.from(numbers, decodeFloat16);
  if (type === 'bfloat16') return new Float32Array(Uint32Array.from(numbers, (bits) => bits << 16).buffer);
  return emptyValues(type, numbers.length, numbers);
}

/** An array in memory for numbers of a type, with the given numbers or zeros. */
export function emptyValues(type: StoredType, length: number, numbers?: ArrayLike<number>): Values {
  const isFloat = type === 'float32' || type === 'float16' || type === 'bfloat16';
  const isWide = type === 'float64' || type === 'uint32' || sizeOfType(type) === 8;
  const Kind = isFloat ? Float32Array : isWide ? Float64Array : Int32Array;
  return numbers ? Kind.from(numbers) : new Kind(length);
}
