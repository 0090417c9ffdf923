/**
 * The messages of an ONNX file, those of their fields that Sluice reads or writes, and the field numbers.
 * Source: github.com/onnx/onnx/blob/main/onnx/onnx.proto
 */
import { type Fields, many, one } from './wire.js';

export interface ModelProto {
  readonly irVersion?: number;
  readonly producerName?: string;
  readonly producerVersion?: string;
  readonly graph?: GraphProto;
  readonly opsetImport: readonly OperatorSet[];
  readonly metadataProps: readonly Entry[];
  readonly functions: readonly FunctionProto[];
}

export interface OperatorSet {
  readonly domain?: string;
  readonly version?: number;
}

export interface Entry {
  readonly key?: string;
  readonly value?: string;
}

export interface GraphProto {
  readonly node: readonly NodeProto[];
  readonly name?: string;
  readonly initializer: readonly TensorProto[];
  readonly input: readonly ValueInfo[];
  readonly output: readonly ValueInfo[];
  readonly sparseInitializer: readonly object[];
}

export interface FunctionProto {
  readonly name?: string;
  readonly domain?: string;
  readonly overload?: string;
  readonly input: readonly string[];
  readonly output: readonly string[];
  readonly node: readonly NodeProto[];
  readonly attributeProto: readonly AttributeProto[];
}

export interface NodeProto {
  readonly input: readonly string[];
  readonly output: readonly string[];
  readonly name?: string;
  readonly opType?: string;
  readonly domain?: string;
  readonly overload?: string;
  readonly attribute: readonly AttributeProto[];
}

export interface AttributeProto {
  readonly name?: string;
  /** For a node in a function: the attribute of the call that gives the value. */
  readonly refAttrName?: string;
  readonly type?: number;
  readonly f?: number;
  readonly i?: number;
  readonly s?: Uint8Array;
  readonly t?: TensorProto;
  readonly g?: GraphProto;
  readonly floats: readonly number[];
  readonly ints: readonly number[];
  readonly strings: readonly Uint8Array[];
  readonly graphs: readonly GraphProto[];
}

export interface TensorProto {
  readonly name?: string;
  readonly dims: readonly number[];
  readonly dataType?: number;
  readonly floatData: readonly number[];
  readonly int32Data: readonly number[];
  readonly int64Data: readonly number[];
  readonly doubleData: readonly number[];
  readonly uint64Data: readonly number[];
  readonly rawData?: Uint8Array;
  readonly externalData: readonly Entry[];
  /** 1: in another file. */
  readonly dataLocation?: number;
}

export interface ValueInfo {
  readonly name?: string;
  readonly type?: TypeProto;
}

interface TypeProto {
  readonly tensorType?: { readonly elemType?: number; readonly shape?: ShapeProto };
}

interface ShapeProto {
  readonly dim: readonly { readonly dimValue?: number; readonly dimParam?: string }[];
}

const OPERATOR_SET: Fields<OperatorSet> = { domain: one(1, 'text'), version: one(2, 'integer') };
const ENTRY: Fields<Entry> = { key: one(1, 'text'), value: one(2, 'text') };

const TENSOR: Fields<TensorProto> = {
  dims: many(1, 'integer'),
  dataType: one(2, 'integer'),
  floatData: many(4, 'float'),
  int32Data: many(5, 'integer'),
  int64Data: many(7, 'integer'),
  name: one(8, 'text'),
  rawData: one(9, 'bytes'),
  doubleData: many(10, 'double'),
  uint64Data: many(11, 'integer'),
  externalData: many(13, () => ENTRY),
  dataLocation: one(14, 'integer'),
};

const DIMENSION: Fields<ShapeProto['dim'][number]> = {
  dimValue: one(1, 'integer'),
  dimParam: one(2, 'text'),
};
const SHAPE: Fields<ShapeProto> = { dim: many(1, () => DIMENSION) };
const TENSOR_TYPE: Fields<NonNullable<TypeProto['tensorType']>> = {
  elemType: one(1, 'integer'),
  shape: one(2, () => SHAPE),
};
const TYPE: Fields<TypeProto> = { tensorType: one(1, () => TENSOR_TYPE) };
const VALUE_INFO: Fields<ValueInfo> = { name: one(1, 'text'), type: one(2, () => TYPE) };

const ATTRIBUTE: Fields<AttributeProto> = {
  name: one(1, 'text'),
  f: one(2, 'float'),
  i: one(3, 'integer'),
  s: one(4, 'bytes'),
  t: one(5, () => TENSOR),
  g: one(6, () => GRAPH),
  floats: many(7, 'float'),
  ints: many(8, 'integer'),
  strings: many(9, 'bytes'),
  graphs: many(11, () => GRAPH),
  type: one(20, 'integer'),
  refAttrName: one(21, 'text'),
};

const NODE: Fields<NodeProto> = {
  input: many(1, 'text'),
  output: many(2, 'text'),
  name: one(3, 'text'),
  opType: one(4, 'text'),
  attribute: many(5, () => ATTRIBUTE),
  domain: one(7, 'text'),
  overload: one(8, 'text'),
};

const GRAPH: Fields<GraphProto> = {
  node: many(1, () => NODE),
  name: one(2, 'text'),
  initializer: many(5, () => TENSOR),
  input: many(11, () => VALUE_INFO),
  output: many(12, () => VALUE_INFO),
  sparseInitializer: many(15, () => ({})),
};

const FUNCTION: Fields<FunctionProto> = {
  name: one(1, 'text'),
  input: many(4, 'text'),
  output: many(5, 'text'),
  node: many(7, () => NODE),
  domain: one(10, 'text'),
  attributeProto: many(11, () => ATTRIBUTE),
  overload: one(13, 'text'),
};

export const MODEL: Fields<ModelProto> = {
  irVersion: one(1, 'integer'),
  producerName: one(2, 'text'),
  producerVersion: one(3, 'text'),
  graph: one(7, () => GRAPH),
  opsetImport: many(8, () => OPERATOR_SET),
  metadataProps: many(14, () => ENTRY),
  functions: many(25, () => FUNCTION),
};

/** The values of `AttributeProto.type`. */
export const ATTRIBUTE_TYPES = { f: 1, i: 2, s: 3, t: 4, g: 5, floats: 6, ints: 7, strings: 8 } as const;
