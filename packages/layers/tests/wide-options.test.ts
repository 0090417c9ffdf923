import { cells } from '@sluice/core';
import * as tf from '@tensorflow/tfjs-core';
import { sequential } from '@tensorflow/tfjs-layers';
import { beforeAll, describe, expect, test } from 'vitest';
import { bidirectional, gru, lstm, type RecurrentArgs, sru } from '../src/index.js';
import { loadLayersModel } from '../src/models/load-layers-model.js';
import { BACKENDS } from './backends.js';
import { compareWithReference, expectClose } from './compare-with-reference.js';

const x = () => tf.randomUniform([2, 5, 3], -1, 1, 'float32', 1) as tf.Tensor3D;
const numbers = (tensor: tf.Tensor) => [...tensor.dataSync()];

type MadeBy = (args?: Omit<RecurrentArgs, 'units'>) => ReturnType<typeof gru | typeof lstm | typeof sru>;

const LAYERS: readonly (readonly [what: string, make: MadeBy])[] = [
  ['lstm with a projection', (args) => lstm({ units: 4, projection: 2, ...args })],
  ['lstm with layer normalisation', (args) => lstm({ units: 4, layerNorm: true, ...args })],
  ['gru with layer normalisation', (args) => gru({ units: 4, layerNorm: true, ...args })],
  ['gru in groups', (args) => gru({ units: 6, groups: 3, ...args })],
  [
    'sru with a projection and layer normalisation',
    (args) => sru({ units: 4, projection: 2, layerNorm: true, ...args }),
  ],
  [
    'sru that normalises its output',
    (args) => sru({ units: 4, layerNorm: true, normalizeAfter: true, ...args }),
  ],
];

const CELLS = [
  cells.lstm({ projection: 3 }),
  cells.lstm({ layerNorm: true }),
  cells.gru({ layerNorm: true }),
  cells.gru({ groups: 2 }),
  cells.gru({ groups: 2, resetAfter: false }),
  cells.sru({ projection: 2, layerNorm: true }),
  cells.sru({ layerNorm: true, normalizeAfter: true, rescale: true }),
  cells.minLstm(),
];

describe.each(BACKENDS)('on %s', (backend) => {
  beforeAll(async () => {
    expect(await tf.setBackend(backend)).toBe(true);
  });

  test('a projection narrows output and state h, not state c', () => {
    const layer = lstm({ units: 6, projection: 4, returnSequences: true, returnState: true, seed: 1 });
    const [sequence, h, c] = layer.apply(x()) as tf.Tensor[];
    expect([sequence, h, c].map(({ shape }) => shape)).toEqual([
      [2, 5, 4],
      [2, 4],
      [2, 6],
    ]);
    expect(layer.computeOutputShape([null, 5, 3])).toEqual([
      [null, 5, 4],
      [null, 4],
      [null, 6],
    ]);
    expect(layer.weights.map(({ shape }) => shape)).toEqual([[3, 24], [4, 24], [6, 4], [24]]);
    const again = layer.apply(x(), { initialState: [h, c] }) as tf.Tensor[];
    expect(again[0].shape).toEqual([2, 5, 4]);
    expect(() => layer.apply(x(), { initialState: [c, c] })).toThrow(/state h must have the shape \[2, 4\]/);
  });

  test('in both directions, stateful, with recurrent dropout', () => {
    const inner = lstm({ units: 6, projection: 4, recurrentDropout: 0.5, seed: 1 });
    const both = bidirectional({ layer: inner });
    expect((both.apply(x(), { training: true }) as tf.Tensor).shape).toEqual([2, 8]);
    expect(both.computeOutputShape([null, 5, 3])).toEqual([null, 8]);
    const stateful = lstm({ units: 6, projection: 4, stateful: true, batchInputShape: [2, 5, 3], seed: 1 });
    const first = numbers(stateful.apply(x()) as tf.Tensor);
    expect(numbers(stateful.apply(x()) as tf.Tensor)).not.toEqual(first);
    stateful.resetStates([tf.zeros([2, 4]), null]);
    expect(numbers(stateful.apply(x()) as tf.Tensor)).toEqual(first);
    expect(() => stateful.resetStates([tf.zeros([2, 6]), null])).toThrow(/h \[batch, 4\]/);
  });

  test.each(CELLS.map((cell) => [cell.name, JSON.stringify(cell.options), cell] as const))(
    '%s with %s matches the reference',
    (_, __, cell) => {
      const mask = [1, 1, 0, 1, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1];
      // As wide as the input, and wider.
      for (const units of [4, 6]) compareWithReference(cell, { units, states: true, mask });
      compareWithReference(cell, { units: 4, reverse: true });
    },
  );

  test.each(LAYERS)('%s leaves out padded steps, and runs backwards', (_, make) => {
    const layer = make({ seed: 1 });
    const mask = tf.tensor2d([
      [1, 1, 1, 0, 0],
      [1, 1, 1, 0, 0],
    ]);
    const short = layer.apply(tf.slice(x(), [0, 0, 0], [2, 3, 3])) as tf.Tensor;
    expectClose(layer.apply(x(), { mask }) as tf.Tensor, numbers(short), 'forward', 'masked');
    const backwards = make({ seed: 1, goBackwards: true });
    const expected = numbers(layer.apply(tf.reverse(x(), 1)) as tf.Tensor);
    expectClose(backwards.apply(x()) as tf.Tensor, expected, 'forward', 'backwards');
  });

  test.each(LAYERS)('%s in both directions with dropout, and stateful', (what, make) => {
    // An SRU has no recurrent kernel.
    const dropout = what.startsWith('sru') ? { dropout: 0.5 } : { recurrentDropout: 0.5 };
    const both = bidirectional({ layer: make({ ...dropout, seed: 1 }) });
    const result = both.apply(x(), { training: true }) as tf.Tensor;
    expect(result.shape).toEqual(both.computeOutputShape([2, 5, 3]));
    const layer = make({ stateful: true, batchInputShape: [2, 5, 3], seed: 1 });
    const first = numbers(layer.apply(x()) as tf.Tensor);
    expect(numbers(layer.apply(x()) as tf.Tensor)).not.toEqual(first);
    layer.resetStates();
    expect(numbers(layer.apply(x()) as tf.Tensor)).toEqual(first);
  });

  test.each(LAYERS)('%s is trained, saved and loaded', async (_, make) => {
    const model = sequential({ layers: [make({ inputShape: [5, 3], seed: 1 }) as never] });
    model.compile({ optimizer: 'sgd', loss: 'meanSquaredError' });
    const target = tf.zeros([2, model.outputs[0].shape[1] as number]);
    const before = numbers(model.predict(x()) as tf.Tensor);
    await model.fit(x(), target, { epochs: 1 });
    const trained = numbers(model.predict(x()) as tf.Tensor);
    expect(trained).not.toEqual(before);
    let saved: tf.io.ModelArtifacts | undefined;
    await model.save(
      tf.io.withSaveHandler(async (artifacts) => {
        saved = artifacts;
        return { modelArtifactsInfo: { dateSaved: new Date(), modelTopologyType: 'JSON' } };
      }),
    );
    const loaded = await loadLayersModel(tf.io.fromMemory(saved as tf.io.ModelArtifacts));
    expect(numbers(loaded.predict(x()) as tf.Tensor)).toEqual(trained);
  });

  test('the gains of layer normalisation start at 1, also without unitForgetBias', () => {
    const layer = lstm({ units: 2, layerNorm: true, unitForgetBias: false });
    layer.apply(x());
    const gains = layer.weights.filter(({ name }) => name.includes('gain'));
    expect(gains.map((weight) => numbers(weight.read()))).toEqual([
      Array(8).fill(1),
      Array(8).fill(1),
      [1, 1],
    ]);
  });
});

test.each([
  [{ projection: 0 }, /projection must be a positive whole number, but is 0/],
  [{ layerNorm: true, projection: 2 }, /layerNorm cannot be combined with projection/],
])('%j is refused', (options, message) => {
  expect(() => lstm({ units: 4, ...options })).toThrow(message);
});

test('groups must divide the features', () => {
  expect(() => gru({ units: 4, groups: 2 }).build([null, null, 3])).toThrow(
    /'kernel': rows must be a positive whole number, divisible by its 2 groups, but is 3/,
  );
});
