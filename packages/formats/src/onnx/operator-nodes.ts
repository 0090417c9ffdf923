/** Recurrent layers as ONNX's own operators RNN, GRU and LSTM, where these have the cell and its options. */
import type { JsonObject } from '@sluice/core';
import type { ActivationSetting } from '@sluice/core/equations';
import { type FloatArray, layouts } from '@sluice/core/layouts';
import type { CellWeights, RecurrentLayerData } from '../data/layers.js';
import { fromNative, type NodeActivation } from './activations.js';
import { type AttributeValue, type GraphBuilder, text, texts } from './graph-builder.js';

/** A cell as an operator. */
interface Operator {
  readonly opType: 'RNN' | 'GRU' | 'LSTM';
  readonly activations: readonly NodeActivation[];
  readonly attributes: Readonly<Record<string, AttributeValue>>;
  readonly layout: typeof layouts.onnx.lstm;
}

/** The options of each cell that its operator has; with another one, or another value, the cell is no operator. */
const OPTIONS: Readonly<Record<string, readonly string[]>> = {
  simpleRnn: ['activation', 'clip', 'useBias'],
  gru: ['activation', 'recurrentActivation', 'resetAfter', 'update', 'clip', 'useBias'],
  lstm: [
    'activation',
    'recurrentActivation',
    'outputActivation',
    'peephole',
    'inputForget',
    'clip',
    'useBias',
  ],
};

/** The operator of a layer's cell; undefined when ONNX has none. */
export function operatorOf({
  cell: { name, options },
  directions,
}: RecurrentLayerData): Operator | undefined {
  const known = Object.hasOwn(OPTIONS, name) ? OPTIONS[name] : undefined;
  const isKnown =
    known && Object.entries(options).every(([option, value]) => known.includes(option) || value === false);
  // The operators have the backward direction second.
  const inOrder = directions.length === 1 || (!directions[0].goBackwards && directions[1].goBackwards);
  if (!isKnown || !inOrder || options.update === 'take') return undefined;
  const activations = activationsOf(name, options).map(fromNative);
  if (activations.some((activation) => !activation)) return undefined;
  const { onnx } = layouts;
  const shared = { activations: activations as NodeActivation[] };
  const clip: Operator['attributes'] = typeof options.clip === 'number' ? { clip: { f: options.clip } } : {};
  if (name === 'simpleRnn') {
    return { ...shared, opType: 'RNN', attributes: clip, layout: onnx.simpleRnn as Operator['layout'] };
  }
  if (name === 'gru') {
    const resetAfter = options.resetAfter !== false;
    const attributes = { ...clip, linear_before_reset: { i: resetAfter ? 1 : 0 } };
    const layout = (resetAfter ? onnx.gru : onnx.gruResetBefore) as Operator['layout'];
    return { ...shared, opType: 'GRU', attributes, layout };
  }
  const coupled = options.inputForget === true;
  const attributes = { ...clip, ...(coupled && { input_forget: { i: 1 } }) };
  return { ...shared, opType: 'LSTM', attributes, layout: coupled ? onnx.lstmInputForget : onnx.lstm };
}

/** The settings of the gates, the candidate and the output, as far as the cell has them. */
function activationsOf(cell: string, options: JsonObject): ActivationSetting[] {
  const { activation = 'tanh', recurrentActivation = 'sigmoid', outputActivation = activation } = options;
  const all = { simpleRnn: [activation], gru: [recurrentActivation, activation] }[cell];
  return (all ?? [recurrentActivation, activation, outputActivation]) as ActivationSetting[];
}

/**
 * Adds a layer, both directions of a bidirectional one in one node.
 * @param x the input, `[batch, timesteps, inputSize]`.
 * @returns the output of each direction: `[batch, timesteps, units]`, or of its last step `[batch, units]`.
 */
export function addOperator(
  graph: GraphBuilder,
  layer: RecurrentLayerData,
  operator: Operator,
  x: string,
  returnSequences: boolean,
): string[] {
  const { directions, sizes } = layer;
  const [first, second] = directions;
  const weights = storedWeights(graph, layer, operator);
  const input = (name: string) => weights[name] ?? '';
  const inputs = [graph.transpose(x, [1, 0, 2]), input('W'), input('R'), input('B'), '', '', '', input('P')];
  while (inputs.at(-1) === '') inputs.pop();
  const direction = second ? 'bidirectional' : first.goBackwards ? 'reverse' : 'forward';
  const [y, last] = graph.node(
    operator.opType,
    inputs,
    {
      hidden_size: { i: sizes.units },
      direction: text(direction),
      ...activationAttributes(operator, directions.length),
      ...operator.attributes,
    },
    operator.opType === 'LSTM' ? 3 : 2,
  );
  // y is [timesteps, directions, batch, units], last [directions, batch, units].
  const both = returnSequences ? graph.transpose(y, [1, 2, 0, 3]) : last;
  return graph.split(both, directions.length, 0).map((value) => graph.squeeze(value, 0));
}

function activationAttributes(
  { activations, opType }: Operator,
  directions: number,
): Record<string, AttributeValue> {
  const usual = { RNN: ['Tanh'], GRU: ['Sigmoid', 'Tanh'], LSTM: ['Sigmoid', 'Tanh', 'Tanh'] }[opType];
  const all = Array.from({ length: directions }, () => activations).flat();
  const names = all.map(({ name }) => name);
  if (names.every((name, i) => name === usual[i % usual.length])) return {};
  const list = (key: 'alpha' | 'beta') => all.flatMap((activation) => activation[key] ?? []);
  const parameters = { activation_alpha: list('alpha'), activation_beta: list('beta') };
  const present = Object.entries(parameters).filter(([, values]) => values.length > 0);
  return {
    activations: texts(names),
    ...Object.fromEntries(present.map(([name, floats]) => [name, { floats }])),
  };
}

function storedWeights(
  graph: GraphBuilder,
  { directions, sizes, cell }: RecurrentLayerData,
  { layout, opType }: Operator,
): Readonly<Record<string, string | undefined>> {
  const [first, second] = directions.map(({ weights }) => weights as CellWeights & { kernel: FloatArray });
  const library = second
    ? layout.fromNativeBidirectional({ forward: first, backward: second }, sizes)
    : layout.fromNative(first, sizes);
  const gates = { RNN: 1, GRU: 3, LSTM: 4 }[opType];
  const { units, inputSize } = sizes;
  const shapes: Readonly<Record<string, readonly number[]>> = {
    W: [gates * units, inputSize],
    R: [gates * units, units],
    B: [2 * gates * units],
    P: [3 * units],
  };
  const present = Object.entries(library).filter(
    ([name, values]) => values && (name !== 'B' || cell.options.useBias !== false),
  );
  return Object.fromEntries(
    present.map(([name, values]) => [
      name,
      graph.arrays.weight(
        `${graph.prefix}/${name}`,
        [directions.length, ...shapes[name]],
        values as FloatArray,
      ),
    ]),
  );
}
