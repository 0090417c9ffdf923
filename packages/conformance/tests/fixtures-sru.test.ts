import { cells, type Plan, planFor, type Sizes, type SruOptions } from '@sluice/core';
import { layouts, type NativeWeights } from '@sluice/core/layouts';
import { describe, it } from 'vitest';
import { type Config, type FixtureCase, loadFixtures, type Tensor } from '../fixtures/load.js';
import { type Batch, differentiateSide, runSide, type Side } from './side.js';
import { expectClose, joined, leadingPart, sum, swapped, trailingPart, values } from './tensors.js';

const FORWARD = 1e-12;
const GRADIENT = 1e-12;

const layout = layouts.asappresearch.sru;

/** One layer of the library: its plan and, by direction, its weights. */
interface Layer {
  readonly plan: Plan;
  readonly weights: readonly NativeWeights<Float64Array>[];
  /** Whether the highway of each direction takes its half of the input row. */
  readonly halfSkip: boolean;
}

function storedWeights(tensors: Readonly<Record<string, Tensor>>, prefix: string) {
  const [weightC, weightProj, layerNormWeight, layerNormBias] = [
    ...['weight_c', 'weight_proj', 'layer_norm.weight', 'layer_norm.bias'],
  ].map((name): Tensor | undefined => tensors[prefix + name]);
  return {
    weight: values(tensors[`${prefix}weight`]),
    bias: values(tensors[`${prefix}bias`]),
    ...(weightC && { weightC: values(weightC) }),
    ...(weightProj && { weightProj: values(weightProj) }),
    ...(layerNormWeight && { layerNormWeight: values(layerNormWeight) }),
    ...(layerNormBias && { layerNormBias: values(layerNormBias) }),
  };
}

function byDirection(
  config: Config,
  tensors: Readonly<Record<string, Tensor>>,
  prefix: string,
  sizes: Sizes,
  options: SruOptions,
) {
  const stored = storedWeights(tensors, prefix);
  return config.bidirectional
    ? Object.values(layout.toNativeBidirectional(stored, sizes, options))
    : [layout.toNative(stored, sizes)];
}

function layerOf(one: FixtureCase, prefix: string, inputSize: number): Layer {
  const { config } = one;
  const sizes = { inputSize, units: config.hidden_size as number };
  const highway = config.has_skip_term !== false;
  // An SRUCell rescales unless told otherwise, an SRU does not.
  const rescale = (config.rescale as boolean | undefined) ?? one.layer === 'SRUCell';
  const highwayBias = (config.highway_bias as number | undefined) ?? 0;
  const bidirectional = config.bidirectional === true;
  // SRUCell and SRU name it differently.
  const projection = (config.n_proj ?? config.projection_size) as number | undefined;
  const options = {
    ...(projection && { projection }),
    layerNorm: config.layer_norm === true,
    normalizeAfter: config.normalize_after === true,
    version: config.v1 ? 1 : 2,
    highway,
    activation: config.use_tanh ? 'tanh' : 'linear',
    rescale,
    highwayBias,
    // As the library does: its output is twice as wide.
    projectSkip: bidirectional,
  } as const;
  const halfSkip = highway && bidirectional && inputSize === 2 * sizes.units;
  const weights = byDirection(config, one.weights, prefix, sizes, options);
  return { plan: planFor(cells.sru(options), sizes), weights, halfSkip };
}

/** The library's states `[batch, directions·units]` and cotangents of them, for one direction. */
const sidesOf = ({ plan, weights }: Layer, states: Float64Array): Side[] =>
  weights.map((one, d) => ({
    plan,
    weights: one,
    reverse: d === 1,
    initialStates: [trailingPart(states, plan.units, d, weights.length)],
  }));

/** Our gradient of a kernel with a written-in half skip has a block that the library does not have. */
function withoutSkipBlock(kernel: Float64Array, units: number): Float64Array {
  return kernel.filter((_, i) => i % (4 * units) < 3 * units);
}

function check(one: FixtureCase): void {
  const { config, calls } = one;
  const [call] = calls;
  const [timesteps, batchSize] = call.x.shape;
  const count = (config.num_layers as number | undefined) ?? 1;
  const units = config.hidden_size as number;
  const prefixes = one.layer === 'SRU' ? Array.from({ length: count }, (_, i) => `rnn_lst.${i}.`) : [''];
  const width = units * (config.bidirectional ? 2 : 1);
  const layers = prefixes.map((prefix, i) =>
    layerOf(one, prefix, i === 0 ? (config.input_size as number) : width),
  );
  const initial = call.initialStates?.[0] as Tensor;
  const batchMajor = (tensor: Tensor) => swapped(values(tensor), timesteps, batchSize);
  const batchFor = (x: Float64Array): Batch => ({
    batch: batchSize,
    timesteps,
    x,
    mask: call.mask && values(call.mask),
    maskedOutput: 'zero',
  });

  const inputs = [batchMajor(call.x)];
  layers.forEach((layer, l) => {
    const sides = sidesOf(layer, leadingPart(initial, l, count));
    const results = sides.map((side) => runSide(side, batchFor(inputs[l])));
    inputs.push(
      joined(
        results.map(({ sequence }) => sequence),
        units,
      ),
    );
    const states = joined(
      results.map(({ states }) => states[0]),
      units,
    );
    expectClose(states, leadingPart(call.outputs[1], l, count), FORWARD, `state of layer ${l}`);
  });
  expectClose(inputs[count], batchMajor(call.outputs[0]), FORWARD, 'output');

  const [ofOutput, ofStates] = call.cotangents as readonly Tensor[];
  let cotangent = batchMajor(ofOutput);
  for (let l = count - 1; l >= 0; l--) {
    const layer = layers[l];
    const stateCotangents = leadingPart(ofStates, l, count);
    const directions = layer.weights.length;
    const gradients = sidesOf(layer, leadingPart(initial, l, count)).map((side, d) =>
      differentiateSide(side, batchFor(inputs[l]), {
        sequence: trailingPart(cotangent, units, d, directions),
        states: [trailingPart(stateCotangents, units, d, directions)],
      }),
    );
    // Gradients have no skip projection where the library has none.
    const theirs = byDirection(config, call.gradients?.weights ?? {}, prefixes[l], layer.plan, {
      highway: false,
    });
    /** Both directions share these weights of the library. */
    const summed = (name: string): Float64Array | undefined =>
      ['projection', 'normGain', 'normBias'].includes(name)
        ? gradients.map((gradient) => gradient.weights[name]).reduce(sum)
        : undefined;
    gradients.forEach((gradient, d) => {
      for (const [name, ours] of Object.entries(gradient.weights)) {
        const comparable = layer.halfSkip && name === 'kernel' ? withoutSkipBlock(ours, units) : ours;
        const what = `gradient of ${name}, layer ${l}, direction ${d}`;
        expectClose(
          summed(name) ?? comparable,
          theirs[d][name as keyof (typeof theirs)[number]] as Float64Array,
          GRADIENT,
          what,
        );
      }
    });
    const ofInitial = joined(
      gradients.map(({ initialStates }) => initialStates[0]),
      units,
    );
    const theirInitial = leadingPart(call.gradients?.initialStates?.[0] as Tensor, l, count);
    expectClose(ofInitial, theirInitial, GRADIENT, `gradient of the state of layer ${l}`);
    cotangent = gradients.map(({ x }) => x).reduce(sum);
  }
  expectClose(cotangent, batchMajor(call.gradients?.x as Tensor), GRADIENT, 'gradient of x');
}

describe('the float64 reference and asappresearch/sru', () => {
  it.each(loadFixtures('sru').map((one) => [one.name, one] as const))('%s', (_, one) => check(one));
});
