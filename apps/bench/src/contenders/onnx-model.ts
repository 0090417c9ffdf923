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

type Value = number | string | Uint8Array | Message;
/** A message of protocol buffers: the value of each field by its number, or the values of one that repeats. */
interface Message {
  readonly [field: number]: Value | readonly Value[] | undefined;
}

function encode(message: Message): Uint8Array {
  const writer = new BinaryWriter();
  for (const [field, values] of Object.entries(message)) {
    for (const value of [values ?? []].flat() as Value[]) {
      if (typeof value === 'number') writer.tag(Number(field), WireType.Varint).int64(value);
      else {
        writer.tag(Number(field), WireType.LengthDelimited);
        if (typeof value === 'string') writer.string(value);
        else writer.bytes(value instanceof Uint8Array ? value : encode(value));
      }
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

/** `TensorProto`; raw data is little-endian, as typed arrays are on every machine that runs JavaScript. */
const tensor = (
  name: string,
  sizes: number[],
  { buffer, byteOffset, byteLength }: Float32Array,
): Message => ({
  1: sizes,
  2: FLOAT,
  8: name,
  9: new Uint8Array(buffer, byteOffset, byteLength),
});

/** `ValueInfoProto` with its `TypeProto`; without sizes for outputs, which onnxruntime derives. */
const valueInfo = (name: string, sizes?: number[]): Message => ({
  1: name,
  2: { 1: { 1: FLOAT, 2: sizes && { 1: sizes.map((size) => ({ 1: size })) } } },
});

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
  const node: Message = {
    1: inputs,
    2: outputs,
    4: operator,
    5: Object.entries({ hidden_size: units, ...attributes }).map(([name, value]) => ({
      1: name,
      3: value,
      20: INT_ATTRIBUTE,
    })),
  };
  const graph: Message = {
    1: node,
    2: operator,
    5: [
      tensor('W', [1, rows, inputSize], W),
      tensor('R', [1, rows, units], R),
      tensor('B', [1, 2 * rows], B as Float32Array),
    ],
    11: [
      valueInfo('X', [timesteps, batch, inputSize]),
      ...initial.map((name) => valueInfo(name, [1, batch, units])),
    ],
    12: outputs.filter(Boolean).map((name) => valueInfo(name)),
  };
  return encode({ 1: FORMAT_VERSION, 7: graph, 8: { 2: OPERATOR_SET } });
}
