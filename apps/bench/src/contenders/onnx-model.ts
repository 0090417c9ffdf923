import { BinaryWriter, WireType } from '@bufbuild/protobuf/wire';

/** A constant float32 tensor of a model. */
export interface OnnxTensor {
  readonly name: string;
  readonly shape: readonly number[];
  readonly values: Float32Array;
}

/** A model of one node: its operator, what it reads and writes, and the values that never change. */
export interface OnnxModel {
  readonly operator: string;
  readonly attributes: Readonly<Record<string, number>>;
  /** Inputs and outputs of the node in the operator's order; an empty name leaves an optional one out. */
  readonly nodeInputs: readonly string[];
  readonly nodeOutputs: readonly string[];
  /** What the caller feeds, with its shape. */
  readonly inputs: readonly { readonly name: string; readonly shape: readonly number[] }[];
  readonly constants: readonly OnnxTensor[];
}

// Field numbers and values of enumerations: github.com/onnx/onnx/blob/main/onnx/onnx.proto
const FLOAT = 1;
const INT_ATTRIBUTE = 2;
/** Newest form of the recurrent operators: operator set 22, which came with version 10 of the format. */
const OPERATOR_SET = 22;
const FORMAT_VERSION = 10;

/** The bytes of a model, as onnxruntime reads them from a `.onnx` file. All tensors are float32. */
export function encodeOnnxModel(model: OnnxModel): Uint8Array {
  const writer = new BinaryWriter();
  writer.tag(1, WireType.Varint).int64(FORMAT_VERSION);
  message(writer, 7, (graph) => encodeGraph(graph, model));
  message(writer, 8, (operatorSet) => operatorSet.tag(2, WireType.Varint).int64(OPERATOR_SET));
  return writer.finish();
}

/** `GraphProto` */
function encodeGraph(graph: BinaryWriter, model: OnnxModel): void {
  message(graph, 1, (node) => encodeNode(node, model));
  text(graph, 2, model.operator);
  for (const constant of model.constants) message(graph, 5, (tensor) => encodeTensor(tensor, constant));
  for (const { name, shape } of model.inputs) message(graph, 11, (value) => encodeValue(value, name, shape));
  for (const name of model.nodeOutputs.filter(Boolean))
    message(graph, 12, (value) => encodeValue(value, name, undefined));
}

/** `NodeProto` */
function encodeNode(node: BinaryWriter, { operator, attributes, nodeInputs, nodeOutputs }: OnnxModel): void {
  for (const name of nodeInputs) text(node, 1, name);
  for (const name of nodeOutputs) text(node, 2, name);
  text(node, 4, operator);
  for (const [name, value] of Object.entries(attributes)) {
    message(node, 5, (attribute) => {
      text(attribute, 1, name);
      attribute.tag(3, WireType.Varint).int64(value);
      attribute.tag(20, WireType.Varint).int32(INT_ATTRIBUTE);
    });
  }
}

/** `TensorProto`; raw data is little-endian, as typed arrays are on every machine that runs JavaScript. */
function encodeTensor(tensor: BinaryWriter, { name, shape, values }: OnnxTensor): void {
  for (const size of shape) tensor.tag(1, WireType.Varint).int64(size);
  tensor.tag(2, WireType.Varint).int32(FLOAT);
  text(tensor, 8, name);
  tensor
    .tag(9, WireType.LengthDelimited)
    .bytes(new Uint8Array(values.buffer, values.byteOffset, values.byteLength));
}

/** `ValueInfoProto` with its `TypeProto`; without a shape for outputs, which onnxruntime derives. */
function encodeValue(value: BinaryWriter, name: string, shape: readonly number[] | undefined): void {
  text(value, 1, name);
  message(value, 2, (type) =>
    message(type, 1, (tensorType) => {
      tensorType.tag(1, WireType.Varint).int32(FLOAT);
      if (!shape) return;
      message(tensorType, 2, (dimensions) => {
        for (const size of shape) {
          message(dimensions, 1, (dimension) => dimension.tag(1, WireType.Varint).int64(size));
        }
      });
    }),
  );
}

function text(writer: BinaryWriter, field: number, value: string): void {
  writer.tag(field, WireType.LengthDelimited).string(value);
}

function message(writer: BinaryWriter, field: number, write: (inner: BinaryWriter) => unknown): void {
  writer.tag(field, WireType.LengthDelimited).fork();
  write(writer);
  writer.join();
}
