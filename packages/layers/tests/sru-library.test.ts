import { readFileSync } from 'node:fs';
import type { SruOptions } from '@sluice/core';
import { layouts } from '@sluice/core/layouts';
import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, test } from 'vitest';
import { bidirectional, sru } from '../src/index.js';
import { BACKENDS } from './backends.js';
import { expectClose } from './closeness.js';
import type { FixtureCase } from './keras-fixtures.js';

const layout = layouts.asappresearch.sru;
const file = new URL('../../conformance/fixtures/sru.json', import.meta.url);
const { cases } = JSON.parse(readFileSync(file, 'utf8')) as { cases: FixtureCase[] };

/** Their highways are projections in the first layer, halves of the input row in the second. */
const STACKS = cases.filter(({ layer, config }) => layer === 'SRU' && config.bidirectional === true);

/** The layers of a stack with the library's weights, which the layout alone converts. */
function layersOf({ config, weights }: FixtureCase) {
  const units = config.hidden_size as number;
  const options: SruOptions = { rescale: config.rescale === true, highwayBias: 0, projectSkip: true };
  return Array.from({ length: config.num_layers as number }, (_, l) => {
    const inputSize = l === 0 ? (config.input_size as number) : 2 * units;
    const layer = bidirectional({ layer: sru({ ...options, units, returnSequences: true }) });
    layer.build([null, null, inputSize]);
    const stored = (name: string) => Float32Array.from(weights[`rnn_lst.${l}.${name}`].data);
    const both = layout.toNativeBidirectional(
      { weight: stored('weight'), weightC: stored('weight_c'), bias: stored('bias') },
      { inputSize, units },
      options,
    );
    const values = [both.forward, both.backward].flatMap(({ kernel, recurrentVector, bias }) => [
      tf.tensor2d(kernel, [inputSize, kernel.length / inputSize]),
      tf.tensor1d(recurrentVector as Float32Array),
      tf.tensor1d(bias as Float32Array),
    ]);
    layer.setWeights(values);
    return layer;
  });
}

test('the fixtures have stacks with wide and narrow inputs', () => {
  expect(STACKS.map(({ config }) => config.input_size)).toEqual([3, 4]);
});

describe.each(BACKENDS)('asappresearch/sru on %s', (backend) => {
  beforeAll(async () => {
    expect(await tf.setBackend(backend)).toBe(true);
  });

  test.each(STACKS.map((one) => [one.name, one] as const))('%s', (_, one) => {
    const layers = layersOf(one);
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
