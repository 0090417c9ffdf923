import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import '@tensorflow/tfjs-backend-cpu';
import * as tf from '@tensorflow/tfjs-core';
import * as tfl from '@tensorflow/tfjs-layers';
import { describe, expect, test } from 'vitest';
import { readModel } from '../src/index.js';
import { writeModel } from '../src/write.js';
import { largestDifference, runLayer, sideBySide } from './run-layer.js';
import {
  glorot,
  input,
  loadByTensorFlow,
  predict,
  recurrentOf,
  saved,
  sequential,
} from './tensorflow-models.js';

const { layers } = tfl;
const x = tf.randomNormal([2, 4, 3], 0, 1, 'float32', 7);

const KINDS: [name: string, layer: () => tfl.layers.Layer][] = [
  ['gru', () => layers.gru({ ...input, units: 2, returnSequences: true })],
  ['gru without bias', () => layers.gru({ ...input, units: 2, returnSequences: true, useBias: false })],
  ['lstm', () => layers.lstm({ ...input, units: 2, returnSequences: true, recurrentActivation: 'sigmoid' })],
  [
    'simpleRNN, relu',
    () => layers.simpleRNN({ ...input, units: 2, returnSequences: true, activation: 'relu' }),
  ],
  [
    'rnn of a cell',
    () =>
      layers.rnn({
        inputShape: [4, 3],
        cell: layers.lstmCell({ units: 2, ...glorot }),
        returnSequences: true,
      }),
  ],
  [
    'bidirectional',
    () =>
      layers.bidirectional({
        inputShape: [4, 3],
        layer: layers.gru({ units: 2, returnSequences: true, ...glorot }) as never,
        mergeMode: 'concat',
      }),
  ],
];

describe('the layers format', () => {
  test.each(KINDS)('a %s of tf.layers has its numbers', async (_, layer) => {
    const model = sequential(layer());
    const file = await readModel(await saved(model));
    expect(file).toMatchObject({
      format: 'layers-model',
      producer: expect.stringContaining('TensorFlow.js'),
    });
    const [read] = recurrentOf(file);
    expect(largestDifference(sideBySide(runLayer(read, x.dataSync(), 2), 2), predict(model, x))).toBeLessThan(
      1e-6,
    );
  });

  test.each(KINDS)('a written %s is loaded by plain TensorFlow.js', async (_, layer) => {
    const model = sequential(layer(), layers.dense({ units: 2, activation: 'tanh' }));
    const file = await readModel(await saved(model));
    const written = await writeModel(file, 'layers-model', { name: 'copy' });
    expect([...written.keys()]).toEqual(['copy.json', 'copy.weights.bin']);
    expect(predict(await loadByTensorFlow(written), x)).toEqual(predict(model, x));
    const again = await readModel([...written].map(([name, bytes]) => new File([bytes as never], name)));
    expect(again.layers).toEqual(file.layers);
    expect(again.topology).toEqual(file.topology);
  });

  test('nested, shared and time-distributed layers keep their places', async () => {
    const inner = sequential(layers.gru({ ...input, units: 2, name: 'words' }));
    const [a, b] = [tfl.input({ shape: [4, 3] }), tfl.input({ shape: [4, 3] })];
    const both = [a, b].map((one) => inner.apply(one) as tfl.SymbolicTensor);
    const joined = layers.concatenate().apply(both) as tfl.SymbolicTensor;
    const output = layers.batchNormalization().apply(joined) as tfl.SymbolicTensor;
    const repeated = layers.repeatVector({ n: 3 }).apply(output) as tfl.SymbolicTensor;
    const wrapped = layers.timeDistributed({ layer: layers.dense({ units: 2 }) }).apply(repeated);
    const model = tfl.model({ inputs: [a, b], outputs: wrapped as tfl.SymbolicTensor });
    const file = await readModel(await saved(model));
    expect(file.layers.map(({ name, kind }) => [kind, name.split('/').length])).toEqual([
      ['recurrent', 2],
      ['other', 1],
      ['other', 1],
    ]);
    const loaded = await loadByTensorFlow(await writeModel(file, 'layers-model'));
    expect(predict(loaded, x, x)).toEqual(predict(model, x, x));
  });

  test.each([
    ['float16', 2e-3],
    ['int8', 0.05],
  ] as const)(
    '%s weights are smaller and nearly the same, also for TensorFlow.js',
    async (quantize, tolerance) => {
      const model = sequential(layers.gru({ ...input, units: 8 }));
      const file = await readModel(await saved(model));
      const written = await writeModel(file, 'layers-model', { quantize });
      const again = await readModel([...written].map(([name, bytes]) => new File([bytes as never], name)));
      expect(again.tensors[0].type).toBe(quantize === 'int8' ? 'uint8' : 'float16');
      const [ours] = recurrentOf(again);
      const theirs = predict(await loadByTensorFlow(written), x);
      const outputs = runLayer(ours, x.dataSync(), 2).states[0][0];
      expect(largestDifference(outputs, theirs)).toBeLessThan(1e-6);
      expect(largestDifference(theirs, predict(model, x))).toBeLessThan(tolerance);
      expect(largestDifference(theirs, predict(model, x))).toBeGreaterThan(0);
    },
  );

  test("the state of an optimizer is left out, with a note; Keras's names have the cell's", async () => {
    const model = sequential(layers.lstm({ ...input, units: 2, name: 'lstm' }));
    const files = await saved(model, (json) => {
      const [group] = json.weightsManifest as { weights: { name: string; group?: string }[] }[];
      for (const weight of group.weights) weight.name = weight.name.replace('lstm/', 'lstm/lstm_cell/');
      return json;
    });
    const [layer] = recurrentOf(await readModel(files));
    expect(Object.keys(layer.directions[0].weights)).toEqual(['kernel', 'recurrentKernel', 'bias']);
    model.compile({ optimizer: tf.train.adam(), loss: 'meanSquaredError' });
    await model.trainOnBatch(x, tf.ones([2, 2]));
    let files2: File[] = [];
    await model.save(
      {
        save: async ({ modelTopology, weightSpecs, weightData }) => {
          const json = { modelTopology, weightsManifest: [{ paths: ['w.bin'], weights: weightSpecs }] };
          files2 = [
            new File([JSON.stringify(json)], 'model.json'),
            new File([tf.io.CompositeArrayBuffer.join(weightData)], 'w.bin'),
          ];
          return { modelArtifactsInfo: { dateSaved: new Date(), modelTopologyType: 'JSON' as const } };
        },
      },
      { includeOptimizer: true },
    );
    const { notes } = await readModel(files2);
    expect(notes).toEqual(["7 arrays of the optimizer's state are left out."]);
  });
});
describe('what the layers format cannot be is refused', () => {
  const model = () => sequential(layers.gru({ ...input, units: 2, name: 'gru' }));
  const change = (edit: (json: ReturnType<typeof JSON.parse>) => unknown) => async () =>
    saved(model(), (json) => {
      edit(json);
      return json;
    });

  test.each([
    [
      'a GraphModel',
      change((json) => Object.assign(json, { format: 'graph-model' })),
      'this is a GraphModel',
    ],
    ['no description', change((json) => Object.assign(json, { modelTopology: 5 })), 'must describe a model'],
    [
      'a weight of no layer',
      change((json) => Object.assign(json.weightsManifest[0].weights[0], { name: 'other/kernel' })),
      'the weights other/kernel belong to no layer. The layers are gru',
    ],
    [
      'fewer units than weights',
      change((json) => Object.assign(json.modelTopology.config.layers[0].config, { units: 1 })),
      'gru: kernel must have the shape [3, 3]',
    ],
    [
      'an activation that Sluice does not have',
      change((json) => Object.assign(json.modelTopology.config.layers[0].config, { activation: 'softmax' })),
      "Unknown activation 'softmax'",
    ],
    [
      'a shape that needs more bytes',
      change((json) => Object.assign(json.weightsManifest[0].weights[0], { shape: [3, 600] })),
      'needs 7200 bytes of the weights',
    ],
    [
      'a shape without end',
      change((json) => Object.assign(json.weightsManifest[0].weights[0], { shape: [2 ** 50, 2 ** 50] })),
      'gru/kernel needs 5.07',
    ],
    [
      'texts',
      change((json) => Object.assign(json.weightsManifest[0].weights[0], { dtype: 'string' })),
      "has the dtype 'string'",
    ],
    [
      'an unknown quantization',
      change((json) =>
        Object.assign(json.weightsManifest[0].weights[0], { quantization: { dtype: 'int4' } }),
      ),
      'must be float16, or uint8',
    ],
    [
      'a file outside of the folder',
      change((json) => Object.assign(json.weightsManifest[0], { paths: ['../secret.bin'] })),
      'lie in another file',
    ],
  ])('%s', async (_, files, message) => {
    const given = await files();
    await expect(readModel(given)).rejects.toThrow(message);
    await expect(readModel(given)).rejects.toMatchObject({ name: 'FormatError' });
  });

  test('a model without a description cannot be written', async () => {
    const file = await readModel(await saved(model()));
    await expect(writeModel({ ...file, topology: undefined }, 'layers-model')).rejects.toThrow(
      'layers alone',
    );
  });
});

test.each(['layers-model', 'rtneural', 'tfjs-checkpoint'])(
  'damaged files of %s end in an error or a model',
  (format) => {
    const script = fileURLToPath(new URL('../scripts/fuzz.mjs', import.meta.url));
    expect(execFileSync('node', [script, format, '300', '5'], { encoding: 'utf8' })).toContain(
      '300 mutations',
    );
  },
);
