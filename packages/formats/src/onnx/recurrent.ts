/** A node RNN, GRU or LSTM as a recurrent layer. Source: github.com/onnx/onnx/blob/main/docs/Operators.md */
import type { JsonObject, Sizes } from '@sluice/core';
import { type FloatArray, layouts, type NativeWeights } from '@sluice/core/layouts';
import { describe } from '../bytes/format-error.js';
import { type Direction, type RecurrentLayerData, recurrentLayer } from '../data/layers.js';
import {
  knownActivations,
  type NodeActivation,
  standardName,
  toNative,
  withParameters,
} from './activations.js';
import { type Folder, NotConstant } from './fold.js';
import type { NodeProto } from './messages.js';
import type { Attributes, Scope } from './scope.js';
import type { Constant } from './strided.js';

/** The reason why a layer cannot be read. */
export class Refusal extends Error {}

/** What knows the arrays of a graph. */
export type ConstantValues = Pick<Folder, 'evaluate' | 'reserve'>;

/** The operators, and for each its default activations and the number of its gates. */
const OPERATORS: Readonly<Record<string, { activations: readonly string[]; gates: number }>> = {
  RNN: { activations: ['Tanh'], gates: 1 },
  GRU: { activations: ['Sigmoid', 'Tanh'], gates: 3 },
  LSTM: { activations: ['Sigmoid', 'Tanh', 'Tanh'], gates: 4 },
};

export const isRecurrent = ({ opType = '' }: NodeProto): boolean => Object.hasOwn(OPERATORS, opType);

const ATTRIBUTES = [
  'activation_alpha',
  'activation_beta',
  'activations',
  'clip',
  'direction',
  'hidden_size',
  'input_forget',
  'layout',
  'linear_before_reset',
  'output_sequence',
];

/**
 * The layers of a node: one, or two when its directions have different activations.
 * @param used the names of all values that something reads.
 * @throws Refusal when its weights are not constant, or its options are none that a cell has.
 */
export function readRecurrent(
  node: NodeProto,
  scope: Scope,
  path: string,
  folder: ConstantValues,
  used: ReadonlySet<string>,
  file: string,
): RecurrentLayerData[] {
  const reading = new NodeReading(node, scope, path, folder, file);
  return reading.layers(used);
}

class NodeReading {
  private readonly attributes: Attributes;
  private readonly operator: string;

  constructor(
    private readonly node: NodeProto,
    private readonly scope: Scope,
    private readonly path: string,
    private readonly folder: ConstantValues,
    private readonly file: string,
  ) {
    this.attributes = scope.attributesOf(node);
    this.operator = node.opType ?? '';
  }

  layers(used: ReadonlySet<string>): RecurrentLayerData[] {
    const unknown = [...this.attributes.keys()].filter((name) => !ATTRIBUTES.includes(name));
    if (unknown.length > 0) throw new Refusal(`it has the unknown attribute ${unknown.join(', ')}`);
    const directions = this.directions();
    const { sizes, weights } = this.weights(directions.length);
    const layer = (name: string, options: JsonObject, own: readonly Direction[]) =>
      recurrentLayer(
        { name, cell: { name: this.cellName, options }, sizes, directions: own, call: this.call(used) },
        this.file,
      );
    const activations = this.activations(directions.length);
    const both = weights.map((own, i) => ({ goBackwards: directions[i], weights: { ...own } as never }));
    const options = activations.map((own) => this.options(own));
    const same = options.every((own) => JSON.stringify(own) === JSON.stringify(options[0]));
    if (same) return [layer(this.path, options[0], both)];
    return both.map((own, i) => layer(`${this.path}/${i ? 'backward' : 'forward'}`, options[i], [own]));
  }

  private get cellName(): string {
    return this.operator === 'RNN' ? 'simpleRnn' : this.operator.toLowerCase();
  }

  private integer(name: string): number {
    return this.attributes.get(name)?.i ?? 0;
  }

  private texts(name: string): string[] {
    return (this.attributes.get(name)?.strings ?? []).map((bytes) => new TextDecoder().decode(bytes));
  }

  /** Whether time runs backwards, for each direction. */
  private directions(): boolean[] {
    const bytes = this.attributes.get('direction')?.s;
    const direction = bytes ? new TextDecoder().decode(bytes).toLowerCase() : 'forward';
    if (direction === 'forward') return [false];
    if (direction === 'reverse') return [true];
    if (direction === 'bidirectional') return [false, true];
    throw new Refusal(`its direction ${describe(direction)} is not forward, reverse or bidirectional`);
  }

  /** The activations of each direction, with their parameters. */
  private activations(directions: number): NodeActivation[][] {
    const usual = OPERATORS[this.operator].activations;
    const given = this.texts('activations');
    const wanted = given.length ? given : Array.from({ length: directions }, () => usual).flat();
    const names = wanted.map((name) => {
      const standard = standardName(name);
      if (standard) return standard;
      throw new Refusal(`its activation ${describe(name)} is none of ${knownActivations()}`);
    });
    if (names.length !== usual.length * directions) {
      throw new Refusal(`it has ${names.length} activations instead of ${usual.length * directions}`);
    }
    const floats = (name: string) => this.attributes.get(name)?.floats ?? [];
    const all = withParameters(names, floats('activation_alpha'), floats('activation_beta'));
    return Array.from({ length: directions }, (_, i) => all.slice(i * usual.length, (i + 1) * usual.length));
  }

  private options(activations: readonly NodeActivation[]): JsonObject {
    const [first, second, third] = activations.map(toNative);
    const clip = this.attributes.get('clip')?.f;
    const setting = (name: string, value: JsonObject[string] | undefined, usual: JsonObject[string]) =>
      value === undefined || value === usual ? {} : { [name]: value };
    const candidate = this.operator === 'RNN' ? first : second;
    const sameOutput = JSON.stringify(third) === JSON.stringify(candidate);
    return {
      ...setting('activation', candidate, 'tanh'),
      ...(this.operator !== 'RNN' && setting('recurrentActivation', first, 'sigmoid')),
      ...(this.operator === 'LSTM' && !sameOutput && { outputActivation: third }),
      ...(this.operator === 'GRU' && { resetAfter: this.integer('linear_before_reset') !== 0 }),
      ...(this.hasPeepholes && { peephole: true }),
      ...(this.couplesGates && { inputForget: true }),
      // 0 means no limit, as in onnxruntime.
      ...(clip && { clip }),
      ...(!this.node.input[3] && { useBias: false }),
    };
  }

  private get hasPeepholes(): boolean {
    return this.operator === 'LSTM' && Boolean(this.node.input[7]);
  }

  private get couplesGates(): boolean {
    return this.operator === 'LSTM' && this.integer('input_forget') !== 0;
  }

  private weights(directions: number): { sizes: Sizes; weights: NativeWeights[] } {
    const [W, R] = [this.input(1, 'W'), this.input(2, 'R')];
    if (!W || !R) throw new Refusal('it has no weights W and R');
    const units = R.shape[2];
    const sizes = { inputSize: W.shape[2], units };
    const { gates } = OPERATORS[this.operator];
    const check = (name: string, { shape }: Constant, expected: readonly number[]) => {
      if (shape.length === expected.length && shape.every((size, i) => size === expected[i] && size > 0))
        return;
      throw new Refusal(
        `its ${name} has the shape [${shape.join(', ')}] instead of [${expected.join(', ')}]`,
      );
    };
    check('R', R, [directions, gates * units, units]);
    check('W', W, [directions, gates * units, sizes.inputSize]);
    const hiddenSize = this.attributes.get('hidden_size')?.i ?? units;
    if (hiddenSize !== units) throw new Refusal(`its hidden_size is ${hiddenSize}, but R has ${units} units`);
    const B = this.input(3, 'B');
    if (B) check('B', B, [directions, 2 * gates * units]);
    const P = this.operator === 'LSTM' ? this.input(7, 'P') : undefined;
    if (P) check('P', P, [directions, 3 * units]);
    const given = { W: floats(W), R: floats(R), ...(B && { B: floats(B) }), ...(P && { P: floats(P) }) };
    const { layout, folder } = this;
    for (const { length } of Object.values(given)) folder.reserve(length);
    if (directions === 1) return { sizes, weights: [layout.toNative(given, sizes)] };
    const { forward, backward } = layout.toNativeBidirectional(given, sizes);
    return { sizes, weights: [forward, backward] };
  }

  private get layout() {
    const { simpleRnn, gru, gruResetBefore, lstm, lstmInputForget } = layouts.onnx;
    if (this.operator === 'RNN') return simpleRnn;
    if (this.operator === 'GRU') return this.integer('linear_before_reset') ? gru : gruResetBefore;
    return (this.couplesGates ? lstmInputForget : lstm) as typeof gru;
  }

  private input(i: number, label: string): Constant | undefined {
    const name = this.node.input[i];
    if (!name) return undefined;
    try {
      return this.folder.evaluate({ name, scope: this.scope });
    } catch (error) {
      if (!(error instanceof NotConstant)) throw error;
      throw new Refusal(`its ${label} is not constant: ${error.message}`);
    }
  }

  private call(used: ReadonlySet<string>): RecurrentLayerData['call'] {
    const [Y = '', ...finals] = this.node.output;
    const sequences = Y !== '' && used.has(Y);
    // A final hidden state alone is the output of a layer that returns no sequence.
    const states = finals.some((name, i) => name && used.has(name) && (sequences || i > 0));
    return {
      ...(sequences && { returnSequences: true }),
      ...(states && { returnState: true }),
      ...(this.integer('layout') === 0 && { timeMajor: true }),
      zeroOutputForMask: true,
    };
  }
}

/** Weights as floats; integers, which nobody stores, become float32. */
const floats = ({ values }: Constant): FloatArray =>
  values instanceof Int32Array ? Float32Array.from(values) : values;
