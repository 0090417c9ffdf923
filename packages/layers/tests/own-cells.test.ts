/** Saved models with a user's cell that is not registered: the file holds its equations. */
import { defineCell } from '@sluice/core';
import {
  bias,
  concat,
  kernel,
  recurrentKernel,
  recurrentVector,
  sigmoid,
  softmax,
  split,
  tanh,
} from '@sluice/core/equations';
import { FormatError } from '@sluice/formats';
import { writeModel } from '@sluice/formats/write';
import * as tf from '@tensorflow/tfjs-core';
import type { LayersModel, layers as tfjs } from '@tensorflow/tfjs-layers';
import { loadLayersModel as loadOfTensorFlow } from '@tensorflow/tfjs-layers';
import { describe, expect, test } from 'vitest';
import {
  bidirectional,
  dense,
  gru,
  loadLayersModel,
  loadModel,
  rnn,
  sequential,
  toModelFile,
} from '../src/index.js';
import './backends.js';
import { saveAndLoad, saveToMemory } from './model-files.js';

/** Names with capitals and underscores, states of other widths, a first parameter that is not as long as the input. */
const own = defineCell({
  name: 'my_Own Cell',
  options: { Some_Option: 'A_b' },
  states: { h: 'units', last_X: ({ inputSize }) => 2 * inputSize },
  parameters: {
    longKernel: { ...kernel('a', 'Z_z'), rows: ({ inputSize }) => 3 * inputSize },
    recurrentKernel: { ...recurrentKernel('a'), groups: 2 },
    bias: { ...bias('a'), initial: { a: 0.5 } },
    gain: recurrentVector('g'),
  },
  equations: ({ x, h, last_X }, { longKernel: W, recurrentKernel: U, bias: b, gain }) => {
    const window = concat(last_X, x);
    const z = sigmoid(W.Z_z(window).mul(gain.g));
    const next = z.mul(h).add(z.oneMinus().mul(tanh(W.a(window).add(U.a(h)).add(b.a))));
    return { h: next, last_X: concat(split(last_X, 2)[1], x), output: softmax(next, 2) };
  },
});

const LAYERS: [string, () => tfjs.Layer][] = [
  ['one layer', () => rnn({ cell: own, units: 4, returnSequences: true, name: 'layer' })],
  [
    'a bidirectional layer',
    () => bidirectional({ layer: rnn({ cell: own, units: 4, returnSequences: true }), mergeMode: 'concat' }),
  ],
];

const x = tf.randomUniform([2, 5, 3], -1, 1, 'float32', 7);
const predict = (made: LayersModel) => Array.from((made.predict(x) as tf.Tensor).dataSync());

describe.each(LAYERS)('%s', (_, create) => {
  const before = sequential({
    layers: [gru({ units: 3, returnSequences: true, inputShape: [null, 3] }), create(), dense({ units: 2 })],
  });
  const expected = predict(before);

  test('is loaded by TensorFlow.js, and saved and loaded again', async () => {
    const after = await saveAndLoad(before);
    expect(predict(after)).toEqual(expected);
    expect(predict(await saveAndLoad(after))).toEqual(expected);
  });

  test('is loaded by loadLayersModel', async () => {
    const after = await loadLayersModel(tf.io.fromMemory(await saveToMemory(before)));
    expect(predict(after)).toEqual(expected);
  });

  test('is written and loaded by loadModel', async () => {
    const files = await writeModel(await toModelFile(before), 'layers-model');
    const after = await loadModel([...files].map(([name, bytes]) => new File([bytes as BlobPart], name)));
    expect(predict(after)).toEqual(expected);
  });

  test('a layer that is not built yet keeps the equations', async () => {
    const { modelTopology } = await saveToMemory(await saveAndLoad(before));
    expect(JSON.stringify(modelTopology)).toContain('definition');
    const layer = (await saveAndLoad(before)).layers.at(-2) as tfjs.Layer;
    const [cls, fromConfig] = tf.serialization.SerializationMap.getMap().classNameMap[layer.getClassName()];
    const config = layer.getConfig();
    expect(fromConfig(cls, structuredClone(config)).getConfig()).toEqual(config);
  });
});

describe('a damaged file', () => {
  const damage = async (change: (definition: string) => unknown) => {
    const made = sequential({ layers: [rnn({ cell: own, units: 4, inputShape: [null, 3] })] });
    const artifacts = await saveToMemory(made);
    const text = JSON.stringify(artifacts.modelTopology, (key, value) =>
      key === 'definition' ? change(value) : value,
    );
    return { ...artifacts, modelTopology: JSON.parse(text) as object };
  };
  const cases: [string, (definition: string) => unknown, RegExp][] = [
    ['no JSON', (definition) => definition.slice(1), /is no JSON/],
    ['no text', () => 5, /must be a text of JSON|is no JSON|must be an object/],
    ['null', () => 'null', /must be an object as cellToData makes it, but is null/],
    [
      'an unknown operation',
      (definition) => definition.replace('"tanh"', '"eval"'),
      /unknown operation "eval"/,
    ],
    [
      'a term that reads a later one',
      (definition) => definition.replace(/"operand":\d+/, '"operand":999'),
      /index of a term before/,
    ],
  ];
  test.each(cases)('%s is refused', async (_, change, message) => {
    const artifacts = await damage(change);
    for (const load of [loadOfTensorFlow, loadLayersModel]) {
      await expect(load(tf.io.fromMemory(artifacts))).rejects.toThrow(message);
    }
  });

  test('is refused by loadModel as a FormatError', async () => {
    const made = sequential({ layers: [rnn({ cell: own, units: 4, inputShape: [null, 3] })] });
    const files = await writeModel(await toModelFile(made), 'layers-model');
    const damaged = [...files].map(([name, bytes]) => {
      const text = name.endsWith('.json') && new TextDecoder().decode(bytes).replace('tanh', 'eval');
      return new File([text || (bytes as BlobPart)], name);
    });
    await expect(loadModel(damaged)).rejects.toThrow(FormatError);
    await expect(loadModel(damaged)).rejects.toThrow('unknown operation "eval"');
  });

  test('other sizes are named', async () => {
    const artifacts = await damage((definition) => definition);
    const text = JSON.stringify(artifacts.modelTopology).replace('"units":4', '"units":6');
    const changed = { ...artifacts, modelTopology: JSON.parse(text) as object };
    await expect(loadOfTensorFlow(tf.io.fromMemory(changed))).rejects.toThrow(
      /saved for inputSize 3 and units 4, but is used with inputSize 3 and units 6/,
    );
  });
});
