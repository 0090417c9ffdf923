import { describe, it } from 'vitest';
import { type Config, type FixtureCase, loadFixtures, type Tensor } from '../fixtures/load.js';
import { kerasLayer, kerasWeights } from './keras-layer.js';
import type { Batch } from './side.js';
import { expectClose, joined, reversedTime, sum, trailingPart, values } from './tensors.js';

const FORWARD = 1e-12;
const GRADIENT = 1e-12;

/** How the two outputs become what the layer returns, and a cotangent of that the cotangents of the two. */
interface Merge {
  merged(forward: Float64Array, backward: Float64Array, units: number): Float64Array[];
  split(
    cotangents: readonly Float64Array[],
    outputs: readonly [Float64Array, Float64Array],
    units: number,
  ): [Float64Array, Float64Array];
}

const product = (a: Float64Array, b: Float64Array) => a.map((value, i) => value * b[i]);

const merges: Record<string, Merge> = {
  concat: {
    merged: (f, b, units) => [joined([f, b], units)],
    split: ([c], _, units) => [trailingPart(c, units, 0, 2), trailingPart(c, units, 1, 2)],
  },
  sum: { merged: (f, b) => [sum(f, b)], split: ([c]) => [c, c] },
  ave: {
    merged: (f, b) => [sum(f, b).map((value) => value / 2)],
    split: ([c]) => [c.map((value) => value / 2), c.map((value) => value / 2)],
  },
  mul: { merged: (f, b) => [product(f, b)], split: ([c], [f, b]) => [product(c, b), product(c, f)] },
  null: { merged: (f, b) => [f, b], split: ([f, b]) => [f, b] },
};

function check({ config: { merge_mode }, inner, weights, calls: [call] }: FixtureCase): void {
  const { layer, config } = inner as { layer: string; config: Config };
  const merge = merges[String(merge_mode)];
  const units = config.units as number;
  const [batchSize, timesteps, inputSize] = call.x.shape;
  const batch: Batch = {
    batch: batchSize,
    timesteps,
    x: values(call.x),
    mask: call.mask && values(call.mask),
  };
  const initial = call.initialStates?.map(values);
  const prefixes = ['forward.', 'backward.'];
  const sides = prefixes.map((prefix, d) =>
    kerasLayer(
      layer,
      // Bidirectional makes padded outputs zero exactly when it returns sequences.
      { ...config, go_backwards: d === 1, zero_output_for_mask: config.return_sequences === true },
      kerasWeights(layer, config, weights, inputSize, prefix),
      inputSize,
      initial
        ? { initialStates: initial.slice((d * initial.length) / 2, ((d + 1) * initial.length) / 2) }
        : {},
    ),
  );
  const inInputOrder = (sequence: Float64Array) =>
    config.return_sequences ? reversedTime(sequence, batchSize, timesteps) : sequence;

  const [[forward, ...forwardStates], [backward, ...backwardStates]] = sides.map((side) => side.run(batch));
  const outputs = [forward, inInputOrder(backward)] as const;
  const results = [...merge.merged(...outputs, units), ...forwardStates, ...backwardStates];
  call.outputs.forEach((theirs, i) => {
    expectClose(results[i], theirs, FORWARD, `output ${i}`);
  });

  const cotangents = (call.cotangents ?? []).map(values);
  const mergedCount = merge_mode === null ? 2 : 1;
  const [ofForward, ofBackward] = merge.split(cotangents.slice(0, mergedCount), outputs, units);
  const ofStates = cotangents.slice(mergedCount);
  const gradients = sides.map((side, d) => {
    const half = ofStates.slice((d * ofStates.length) / 2, ((d + 1) * ofStates.length) / 2);
    return side.differentiate(batch, [d === 0 ? ofForward : inInputOrder(ofBackward), ...half]);
  });
  expectClose(sum(gradients[0].x, gradients[1].x), call.gradients?.x as Tensor, GRADIENT, 'gradient of x');
  const ofInitial = gradients.flatMap(({ initialStates }) => initialStates);
  call.gradients?.initialStates?.forEach((theirs, s) => {
    expectClose(ofInitial[s], theirs, GRADIENT, `gradient of state ${s}`);
  });
  prefixes.forEach((prefix, d) => {
    const theirs = kerasWeights(layer, config, call.gradients?.weights ?? {}, inputSize, prefix);
    for (const [name, ours] of Object.entries(gradients[d].weights)) {
      const what = `gradient of ${prefix}${name}`;
      expectClose(ours, theirs[name as keyof typeof theirs] as Float64Array, GRADIENT, what);
    }
  });
}

describe('the float64 reference and Bidirectional', () => {
  it.each(loadFixtures('keras-bidirectional').map((one) => [one.name, one] as const))('%s', (_, one) =>
    check(one),
  );
});
