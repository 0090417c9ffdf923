/** Builds the graph of an ONNX model, node by node, with names that are unique in the model. */
import { encodeFloat16 } from '../data/tensor.js';
import {
  ATTRIBUTE_TYPES,
  type AttributeProto,
  type GraphProto,
  type NodeProto,
  type TensorProto,
  type ValueInfo,
} from './messages.js';

/** `TensorProto.DataType`. */
export const FLOAT = 1;
export const INT64 = 7;
const FLOAT16 = 10;

/** The value of an attribute, by the field that holds it. */
export type AttributeValue = Partial<
  Pick<AttributeProto, 'f' | 'i' | 's' | 't' | 'g' | 'floats' | 'ints' | 'strings'>
>;

export const text = (value: string): AttributeValue => ({ s: new TextEncoder().encode(value) });
export const texts = (values: readonly string[]): AttributeValue => ({
  strings: values.map((value) => new TextEncoder().encode(value)),
});

const emptyTensor = {
  floatData: [],
  int32Data: [],
  int64Data: [],
  doubleData: [],
  uint64Data: [],
  externalData: [],
};

const bytesOf = ({ buffer, byteOffset, byteLength }: ArrayBufferView): Uint8Array =>
  new Uint8Array(buffer as ArrayBuffer, byteOffset, byteLength);

/** The description of a value; a text is a size that is known when the model runs. */
export function valueInfo(name: string, elemType: number, sizes: readonly (number | string)[]): ValueInfo {
  const dim = sizes.map((size) => (typeof size === 'number' ? { dimValue: size } : { dimParam: size }));
  return { name, type: { tensorType: { elemType, shape: { dim } } } };
}

export const graphOf = (
  name: string,
  node: readonly NodeProto[],
  input: readonly ValueInfo[],
  output: readonly ValueInfo[],
  initializer: readonly TensorProto[] = [],
): GraphProto => ({ name, node, input, output, initializer, sparseInitializer: [] });

/** The arrays of a model and the names in use. Graphs in graphs read the arrays of the outermost one. */
export class ModelArrays {
  readonly initializers: TensorProto[] = [];
  /** Nodes that make float32 weights of stored 16 bits. They come first in the model. */
  readonly casts: NodeProto[] = [];
  private readonly names = new Set<string>();
  private readonly shared = new Map<string, string>();

  constructor(private readonly weightsIn16Bits: boolean) {}

  /** The name, or with a number if it is in use. */
  unique(name: string): string {
    let candidate = name;
    for (let i = 1; this.names.has(candidate); i++) candidate = `${name}_${i}`;
    this.names.add(candidate);
    return candidate;
  }

  /** Stores weights. @returns the name of their float32 value. */
  weight(name: string, shape: readonly number[], values: ArrayLike<number>): string {
    if (!this.weightsIn16Bits) return this.store(name, FLOAT, shape, Float32Array.from(values));
    const stored = this.store(`${name}.float16`, FLOAT16, shape, Uint16Array.from(values, encodeFloat16));
    const output = this.unique(name);
    this.casts.push(nodeOf('Cast', `${output}.cast`, [stored], [output], { to: { i: FLOAT } }));
    return output;
  }

  /** A single float32 number, stored once. */
  scalar(value: number): string {
    return this.once(`scalar ${Object.is(value, -0) ? '-0' : value}`, () =>
      this.store('constant', FLOAT, [], Float32Array.of(value)),
    );
  }

  /** A list of integers, such as axes, stored once; a single integer has no axis. */
  integers(values: readonly number[] | number): string {
    return this.once(`integers ${JSON.stringify(values)}`, () => {
      const list = typeof values === 'number' ? [values] : values;
      const shape = typeof values === 'number' ? [] : [values.length];
      return this.store('integers', INT64, shape, BigInt64Array.from(list, BigInt));
    });
  }

  private once(key: string, store: () => string): string {
    const name = this.shared.get(key) ?? store();
    this.shared.set(key, name);
    return name;
  }

  private store(name: string, dataType: number, dims: readonly number[], values: ArrayBufferView): string {
    const own = this.unique(name);
    this.initializers.push({ ...emptyTensor, name: own, dataType, dims, rawData: bytesOf(values) });
    return own;
  }
}

function nodeOf(
  opType: string,
  name: string,
  input: readonly string[],
  output: readonly string[],
  attributes: Readonly<Record<string, AttributeValue>>,
): NodeProto {
  const attribute = Object.entries(attributes).map(([key, value]): AttributeProto => {
    const [field] = Object.keys(value) as (keyof typeof ATTRIBUTE_TYPES)[];
    return {
      floats: [],
      ints: [],
      strings: [],
      graphs: [],
      name: key,
      type: ATTRIBUTE_TYPES[field],
      ...value,
    };
  });
  return { opType, name, input, output, attribute };
}

/** The nodes of one graph. */
export class GraphBuilder {
  readonly nodes: NodeProto[] = [];

  /** @param prefix what the names of nodes and values start with: the layer's name. */
  constructor(
    readonly arrays: ModelArrays,
    public prefix = '',
  ) {}

  /** Adds a node. @returns the names of its outputs. */
  node(
    opType: string,
    inputs: readonly string[],
    attributes: Readonly<Record<string, AttributeValue>> = {},
    outputs = 1,
  ): string[] {
    const name = this.arrays.unique(this.prefix ? `${this.prefix}/${opType}` : opType);
    const names = Array.from({ length: outputs }, (_, i) => this.arrays.unique(`${name}:${i}`));
    this.nodes.push(nodeOf(opType, name, inputs, names, attributes));
    return names;
  }

  /** Adds a node with one output. @returns its name. */
  value(
    opType: string,
    inputs: readonly string[],
    attributes: Readonly<Record<string, AttributeValue>> = {},
  ): string {
    return this.node(opType, inputs, attributes)[0];
  }

  /** The equal parts of a value along an axis. */
  split(value: string, parts: number, axis: number): string[] {
    return parts === 1 ? [value] : this.node('Split', [value], { axis: { i: axis } }, parts);
  }

  squeeze(value: string, axis: number): string {
    return this.value('Squeeze', [value, this.arrays.integers([axis])]);
  }

  transpose(value: string, perm: readonly number[]): string {
    return this.value('Transpose', [value], { perm: { ints: perm } });
  }

  /** The part `start` to `end` of a value along an axis. */
  part(value: string, start: number, end: number, axis: number): string {
    const [from, to, along] = [[start], [end], [axis]].map((list) => this.arrays.integers(list));
    return this.value('Slice', [value, from, to, along]);
  }

  /** The name of the last node. */
  get lastNode(): string {
    return this.nodes.at(-1)?.name ?? '';
  }
}
