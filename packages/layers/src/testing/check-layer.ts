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
import { float64, float64s, wave } from './numbers.js';
import { runReference } from './reference-layer.js';
import type { Subject } from './subject.js';

/** A recurrent layer that is compared with the reference. */
export type Checked = RecurrentLayer | Bidirectional;

/** What it is applied with. */
export interface Call {
  readonly mask?: Tensor;
  readonly initialState?: Tensor[];
  readonly training?: boolean;
}

/** Compares tensors with the numbers they should hold, within the subject's tolerance. */
export async function expectNear(
  { tolerances }: Subject,
  actual: readonly Tensor[],
  expected: readonly ArrayLike<number>[],
  kind: 'forward' | 'gradient' = 'forward',
  names: readonly string[] = expected.map((_, i) => `output ${i}`),
): Promise<void> {
  const values = await float64s(actual);
  const named = <T>(all: readonly T[]) =>
    Object.fromEntries(all.map((one, i) => [names[i] ?? `more ${i}`, one]));
  expectAgreement(named(values), named(expected), within(tolerances[kind]));
}

/**
 * Applies a layer, alone and in a loop with `variableGrads`, and compares every output and the gradients of the weights, of a
 * float32 x and of the initial states with the reference that has the same weights and, while training, the same dropout masks.
 */
export async function checkLayer(
  subject: Subject,
  layer: Checked,
  x: Tensor,
  call: Call = {},
): Promise<void> {
  if (!layer.built) layer.build([null, null, x.shape[2] as number]);
  const apply = (input: Tensor, initialState = call.initialState) =>
    [layer.apply(input, { ...call, initialState })].flat() as Tensor[];
  const weights = layer.weights.map((weight) => weight.read() as Variable);
  const [values, given, states, mask] = await Promise.all([
    float64s(weights),
    float64(x),
    call.initialState && float64s(call.initialState),
    call.mask && float64(call.mask),
  ]);
  const [batch, timesteps] = x.shape as [number, number];
  const reference = { batch, timesteps, x: given, mask, initialStates: states };
  if (!call.training) {
    await expectNear(subject, apply(x), runReference(layer, values, reference).outputs);
  }

  const inputs = x.dtype === 'float32' ? [variable(x)] : [];
  const starts = (call.initialState ?? []).map((state) => variable(state));
  const drawn = recordedMasks(layer);
  let outputs: Tensor[] = [];
  let cotangents: Tensor[] = [];
  const { grads } = variableGrads(
    () => {
      outputs = apply(inputs[0] ?? x, call.initialState && starts).map((output) => keep(output));
      cotangents = outputs.map(({ shape }, i) => keep(wave(shape, 50 + i)));
      const terms = outputs.map((output, i) => sum(mul(output, cotangents[i])));
      return terms.reduce((a, b) => add(a, b)) as Scalar;
    },
    [...inputs, ...starts, ...weights] as Variable[],
  );

  const { inputMask, recurrentMasks } = await drawn();
  const dropped = given.map((value, i) => value * factorAt(inputMask, i, x.shape));
  const run = runReference(layer, values, { ...reference, x: dropped, recurrentMasks });
  await expectNear(subject, outputs, run.outputs);
  const gradient = run.gradient(await float64s(cotangents));
  const wanted = [
    ...inputs.map(() => gradient.x.map((value, i) => value * factorAt(inputMask, i, x.shape))),
    ...starts.map((_, i) => gradient.initialStates[i]),
    ...gradient.weights,
  ];
  const names = [
    ...inputs.map(() => 'gradient of x'),
    ...starts.map((_, i) => `gradient of initial state ${i}`),
    ...layer.weights.map(({ originalName }) => `gradient of ${originalName}`),
  ];
  const computed = [...inputs, ...starts, ...weights].map(({ name }) => grads[name]);
  await expectNear(subject, computed, wanted, 'gradient', names);
}

/** The factor of number `i` of x in a dropout mask `[batch, 1, features]`; 1 where there is none. */
function factorAt(mask: Float64Array | undefined, i: number, shape: readonly number[]): number {
  if (!mask) return 1;
  const [, timesteps, features] = shape;
  return mask[Math.floor(i / (timesteps * features)) * features + (i % features)];
}

/** Keeps the dropout masks that a layer draws from now on; the result reads them: first that of the inputs. */
function recordedMasks(layer: Checked) {
  const drawn: Tensor[] = [];
  const { dropoutMasks } = layer instanceof RecurrentLayer ? layer : layer.forwardLayer;
  const draw = dropoutMasks.draw.bind(dropoutMasks);
  dropoutMasks.draw = (...given) => {
    drawn.push(keep(draw(...given)));
    return drawn[drawn.length - 1];
  };
  return async () => {
    dropoutMasks.draw = draw;
    const ofInputs = drawn.filter(({ rank }) => rank === 3);
    const recurrent = drawn.filter(({ rank }) => rank === 2);
    const [inputMask] = await float64s(ofInputs);
    return { inputMask, recurrentMasks: recurrent.length > 0 ? await float64s(recurrent) : undefined };
  };
}
