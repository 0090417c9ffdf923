/** Compares layers with the float64 reference: outputs and gradients. */
import { expectAgreement, within } from '@sluice/conformance';
import {
  add,
  keep,
  mul,
  type Scalar,
  sum,
  type Tensor,
  type Variable,
  variable,
  variableGrads,
} from '@tensorflow/tfjs-core';
import { type Bidirectional, RecurrentLayer } from '../index.js';
import { runReference } from './reference-layer.js';
import { readAllFloat64, readFloat64, type Subject, setWaveWeights, waveTensor } from './subject.js';

/** A recurrent layer that can be compared with the reference. */
export type CheckedLayer = RecurrentLayer | Bidirectional;

/** Builds a layer for inputs of `features` features and sets its weights to numbers of `waveTensor`. */
export function buildWithWaves<Layer extends CheckedLayer>(layer: Layer, features: number): Layer {
  layer.build([null, null, features]);
  setWaveWeights(layer);
  return layer;
}

/** The arguments of the call. */
export interface CheckedCall {
  readonly mask?: Tensor;
  readonly initialState?: Tensor[];
  readonly training?: boolean;
}

/** Compares tensors with the expected numbers, within the subject's tolerance. */
export async function expectNear(
  { tolerances }: Subject,
  actual: readonly Tensor[],
  expected: readonly ArrayLike<number>[],
  kind: 'forward' | 'gradient' = 'forward',
  names: readonly string[] = expected.map((_, i) => `output ${i}`),
): Promise<void> {
  const values = await readAllFloat64(actual);
  const byName = <T>(items: readonly T[]) =>
    Object.fromEntries(items.map((item, i) => [names[i] ?? `excess ${i}`, item]));
  expectAgreement(byName(values), byName(expected), within(tolerances[kind]));
}

/**
 * Applies a layer, by itself and inside `variableGrads`. Compares every output, and the gradients of the weights, of a float32 x
 * and of the initial states, with the reference, which gets the same weights and, during training, the same dropout masks.
 */
export async function checkLayer(
  subject: Subject,
  layer: CheckedLayer,
  x: Tensor,
  call: CheckedCall = {},
): Promise<void> {
  if (!layer.built) layer.build([null, null, x.shape[2] as number]);
  const apply = (input: Tensor, initialState = call.initialState) =>
    [layer.apply(input, { ...call, initialState })].flat() as Tensor[];
  const weights = layer.weights.map((weight) => weight.read() as Variable);
  const [values, input, initialStates, mask] = await Promise.all([
    readAllFloat64(weights),
    readFloat64(x),
    call.initialState && readAllFloat64(call.initialState),
    call.mask && readFloat64(call.mask),
  ]);
  const [batch, timesteps] = x.shape as [number, number];
  const referenceCall = { batch, timesteps, x: input, mask, initialStates };
  if (!call.training) {
    await expectNear(subject, apply(x), runReference(layer, values, referenceCall).outputs);
  }

  const inputs = x.dtype === 'float32' ? [variable(x)] : [];
  const states = (call.initialState ?? []).map((state) => variable(state));
  const readMasks = recordMasks(layer);
  let outputs: Tensor[] = [];
  let cotangents: Tensor[] = [];
  const { grads } = variableGrads(
    () => {
      outputs = apply(inputs[0] ?? x, call.initialState && states).map((output) => keep(output));
      cotangents = outputs.map(({ shape }, i) => keep(waveTensor(shape, 50 + i)));
      const terms = outputs.map((output, i) => sum(mul(output, cotangents[i])));
      return terms.reduce((a, b) => add(a, b)) as Scalar;
    },
    [...inputs, ...states, ...weights] as Variable[],
  );

  const { inputMask, recurrentMasks } = await readMasks();
  const dropped = input.map((value, i) => value * maskFactor(inputMask, i, x.shape));
  const run = runReference(layer, values, { ...referenceCall, x: dropped, recurrentMasks });
  await expectNear(subject, outputs, run.outputs);
  const gradient = run.gradient(await readAllFloat64(cotangents));
  const expected = [
    ...inputs.map(() => gradient.x.map((value, i) => value * maskFactor(inputMask, i, x.shape))),
    ...states.map((_, i) => gradient.initialStates[i]),
    ...gradient.weights,
  ];
  const names = [
    ...inputs.map(() => 'gradient of x'),
    ...states.map((_, i) => `gradient of initial state ${i}`),
    ...layer.weights.map(({ originalName }) => `gradient of ${originalName}`),
  ];
  const actual = [...inputs, ...states, ...weights].map(({ name }) => grads[name]);
  await expectNear(subject, actual, expected, 'gradient', names);
}

/** The factor of number `i` of x in a dropout mask `[batch, 1, features]`; 1 without a mask. */
function maskFactor(mask: Float64Array | undefined, i: number, shape: readonly number[]): number {
  if (!mask) return 1;
  const [, timesteps, features] = shape;
  return mask[Math.floor(i / (timesteps * features)) * features + (i % features)];
}

/** Records the dropout masks that a layer draws from now on. The returned function reads them and ends the recording. */
function recordMasks(layer: CheckedLayer) {
  const drawn: Tensor[] = [];
  const { dropoutMasks } = layer instanceof RecurrentLayer ? layer : layer.forwardLayer;
  const draw = dropoutMasks.draw.bind(dropoutMasks);
  dropoutMasks.draw = (...args) => {
    drawn.push(keep(draw(...args)));
    return drawn[drawn.length - 1];
  };
  return async () => {
    dropoutMasks.draw = draw;
    const inputMasks = drawn.filter(({ rank }) => rank === 3);
    const recurrent = drawn.filter(({ rank }) => rank === 2);
    const [inputMask] = await readAllFloat64(inputMasks);
    return { inputMask, recurrentMasks: recurrent.length > 0 ? await readAllFloat64(recurrent) : undefined };
  };
}
