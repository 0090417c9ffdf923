import { readFileSync } from 'node:fs';
import { cells, planFor, referenceForward, type SruOptions } from '@sluice/core';
import { layouts } from '@sluice/core/layouts';
import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, test } from 'vitest';
import { bidirectional, sru } from '../src/index.js';
import { BACKENDS } from './backends.js';
import { expectClose } from './compare-with-reference.js';
import type { FixtureCase } from './keras-fixtures.js';

const layout = layouts.asappresearch.sru;
const file = new URL('../../conformance/fixtures/sru.json', import.meta.url);
const { cases } = JSON.parse(readFileSync(file, 'utf8')) as { cases: FixtureCase[] };

/** The highway of the first layer is a projection; that of the second is half of the input row. */
const STACKS = cases.filter(({ layer, config }) => layer === 'SRU' && config.bidirectional === true);

/** The library's names of its weights, and those of the layout. */
const NAMES = {
  weight: 'weight',
  weight_c: 'weightC',
  bias: 'bias',
  weight_proj: 'weightProj',
  'layer_norm.weight': 'layerNormWeight',
  'layer_norm.bias': 'layerNormBias',
};

/** Creates the layers of a stack with the library's weights, converted by the layout. */
function createLayers({ config, weights }: FixtureCase) {
  const units = config.hidden_size as number;
  const options: SruOptions = {
    rescale: config.rescale === true,
    highwayBias: 0,
    projectSkip: true,
    highway: config.has_skip_term !== false,
    layerNorm: config.layer_norm === true,
    ...(config.projection_size !== undefined && { projection: config.projection_size as number }),
  };
  return Array.from({ length: config.num_layers as number }, (_, l) => {
    const inputSize = l === 0 ? (config.input_size as number) : 2 * units;
    const layer = bidirectional({ layer: sru({ ...options, units, returnSequences: true }) });
    layer.build([null, null, inputSize]);
    const stored = Object.entries(NAMES).flatMap(([name, ours]) => {
      const found = weights[`rnn_lst.${l}.${name}`];
      return found ? [[ours, Float32Array.from(found.data)]] : [];
    });
    const sizes = { inputSize, units };
    const both = layout.toNativeBidirectional(Object.fromEntries(stored), sizes, options);
    const shapes = new Map(
      cells
        .sru(options)
        .parameters(sizes)
        .map(({ name, shape }) => [name, shape]),
    );
    const values = [both.forward, both.backward].flatMap((one) =>
      [...shapes].map(([name, shape]) =>
        tf.tensor(one[name as keyof typeof one] as Float32Array, [...shape]),
      ),
    );
    layer.setWeights(values);
    return layer;
  });
}

test('the fixtures have inputs of two widths', () => {
  expect(STACKS.map(({ config }) => config.input_size)).toEqual([3, 4, 3, 3]);
});

describe.each(BACKENDS)('asappresearch/sru on %s', (backend) => {
  beforeAll(async () => {
    expect(await tf.setBackend(backend)).toBe(true);
  });

  test.each(STACKS.map((one) => [one.name, one] as const))('%s', (_, one) => {
    const layers = createLayers(one);
    const [{ x, mask, initialStates, outputs }] = one.calls;
    const [timesteps, batch, inputSize] = x.shape;
    const units = one.config.hidden_size as number;
    const states = tf.tensor(initialStates?.[0].data ?? [], [layers.length, batch, 2, units]);
    const batchMajor = (data: number[], width: number) =>
      tf.transpose(tf.tensor3d(data, [timesteps, batch, width]), [1, 0, 2]);
    let sequence: tf.Tensor = batchMajor(x.data, inputSize);
    layers.forEach((layer, l) => {
      const initialState = [0, 1].map((direction) =>
        tf.reshape(tf.slice(states, [l, 0, direction, 0], [1, batch, 1, units]), [batch, units]),
      );
      const given = { initialState, ...(mask && { mask: tf.tensor2d(mask.data, [batch, timesteps]) }) };
      sequence = layer.apply(sequence, given) as tf.Tensor;
    });
    expectClose(sequence, batchMajor(outputs[0].data, 2 * units).dataSync(), 'forward', 'output');
  });
});

/** A kernel [4, 12] also fits 4 units without a skip projection. */
test.each(BACKENDS)(
  'sru of version 1 without bias, 4 features to 3 units, matches the reference on %s',
  async (backend) => {
    await tf.setBackend(backend);
    const options = { version: 1, useBias: false } as const;
    const layer = sru({ ...options, units: 3, returnSequences: true, seed: 1 });
    const x = tf.randomNormal([2, 5, 4], 0, 1, 'float32', 2);
    const result = layer.apply(x) as tf.Tensor;
    const plan = planFor(cells.sru(options), { inputSize: 4, units: 3 });
    const parameters = layer.getWeights().map((weight) => Float64Array.from(weight.dataSync()));
    const inputs = { batch: 2, timesteps: 5, x: Float64Array.from(x.dataSync()), parameters };
    expect(result.shape).toEqual([2, 5, 3]);
    expectClose(result, referenceForward(plan, inputs).sequence, 'forward', 'sequence');
  },
);
