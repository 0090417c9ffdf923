import { BinaryWriter, WireType } from '@bufbuild/protobuf/wire';
import { layouts } from '@sluice/core/layouts';
import type { LayerProblem } from '../workloads/layer.js';
import type { CellForm, Shape } from '../workloads/workload.js';

/** The ONNX operator of a cell, its attributes, the layout of its weights and the names of its states. */
const OPERATORS = {
  gru: { operator: 'GRU', layout: layouts.onnx.gru, attributes: { linear_before_reset: 1 }, states: ['h'] },
  lstm: { operator: 'LSTM', layout: layouts.onnx.lstm, attributes: {}, states: ['h', 'c'] },
  simpleRnn: { operator: 'RNN', layout: layouts.onnx.simpleRnn, attributes: {}, states: ['h'] },
} as const;

export const hasOperator = (cell: string): boolean => Object.hasOwn(OPERATORS, cell);

const operatorOf = ({ name }: CellForm) => OPERATORS[name as keyof typeof OPERATORS];

export const statesOf = (form: CellForm): readonly string[] => operatorOf(form).states;

/** A message of protocol buffers: the number and the value of each field, in their order. */
type Message = readonly (readonly [field: number, value: number | string | Uint8Array | Message])[];

function encode(message: Message): Uint8Array {
  const writer = new BinaryWriter();
  for (const [field, value] of message) {
    if (typeof value === 'number') writer.tag(field, WireType.Varint).int64(value);
    else {
      writer.tag(field, WireType.LengthDelimited);
      if (typeof value === 'string') writer.string(value);
      else writer.bytes(value instanceof Uint8Array ? value : encode(value));
    }
  }
  return writer.finish();
}

// Field numbers and values of enumerations: github.com/onnx/onnx/blob/main/onnx/onnx.proto
const FLOAT = 1;
const INT_ATTRIBUTE = 2;
/** Newest form of the recurrent operators: operator set 22, which came with version 10 of the format. */
const OPERATOR_SET = 22;
const FORMAT_VERSION = 10;

/** `AttributeProto` */
const attribute = ([name, value]: [string, number]): Message => [
  [1, name],
  [3, value],
  [20, INT_ATTRIBUTE],
];

/** `TensorProto`; raw data is little-endian, as typed arrays are on every machine that runs JavaScript. */
const tensor = (
  name: string,
  sizes: readonly number[],
  { buffer, byteOffset, byteLength }: Float32Array,
): Message => [
  ...sizes.map((size) => [1, size] as const),
  [2, FLOAT],
  [8, name],
  [9, new Uint8Array(buffer, byteOffset, byteLength)],
];

/** `ValueInfoProto` with its `TypeProto`; without sizes for outputs, which onnxruntime derives. */
const valueInfo = (name: string, sizes?: readonly number[]): Message => [
  [1, name],
  [2, [[1, [[1, FLOAT], ...(sizes ? [[2, sizes.map((size) => [1, [[1, size]]] as const)] as const] : [])]]]],
];

/**
 * A model of one operator with constant weights, as the bytes of a `.onnx` file. Its input is `X`,
 * `[timesteps, batch, inputSize]`, its output `Y`. One that carries its states also has the inputs `initial_h` and so on, and
 * the outputs `Y_h` and so on instead of `Y`, which would be the state `h` itself.
 */
export function onnxModel(
  { plan, parameters }: Pick<LayerProblem, 'plan' | 'parameters'>,
  form: CellForm,
  [batch, timesteps, inputSize, units]: Shape,
  carriesStates: boolean,
): Uint8Array {
  const { operator, layout, attributes, states } = operatorOf(form);
  const named = Object.fromEntries(plan.parameters.map(({ name }, i) => [name, parameters[i]]));
  const { W, R, B } = layout.fromNative(named as { kernel: Float32Array }, { inputSize, units });
  const rows = W.length / inputSize;
  const initial = carriesStates ? states.map((state) => `initial_${state}`) : [];
  // An empty name leaves an optional input or output out: the lengths of sequences, and `Y`.
  const inputs = ['X', 'W', 'R', 'B', ...(carriesStates ? ['', ...initial] : [])];
  const outputs = carriesStates ? ['', ...states.map((state) => `Y_${state}`)] : ['Y'];
  const node: Message = [
    ...inputs.map((name) => [1, name] as const),
    ...outputs.map((name) => [2, name] as const),
    [4, operator],
    ...Object.entries({ hidden_size: units, ...attributes }).map((entry) => [5, attribute(entry)] as const),
  ];
  const graph: Message = [
    [1, node],
    [2, operator],
    [5, tensor('W', [1, rows, inputSize], W)],
    [5, tensor('R', [1, rows, units], R)],
    [5, tensor('B', [1, 2 * rows], B as Float32Array)],
    [11, valueInfo('X', [timesteps, batch, inputSize])],
    ...initial.map((name) => [11, valueInfo(name, [1, batch, units])] as const),
    ...outputs.filter(Boolean).map((name) => [12, valueInfo(name)] as const),
  ];
  return encode([
    [1, FORMAT_VERSION],
    [7, graph],
    [8, [[2, OPERATOR_SET]]],
  ]);
}
