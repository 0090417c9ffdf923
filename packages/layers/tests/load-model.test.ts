import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { FormatError, readModel } from '@sluice/formats';
import { writeModel } from '@sluice/formats/write';
import * as tf from '@tensorflow/tfjs-core';
import * as tfl from '@tensorflow/tfjs-layers';
import { describe, expect, test } from 'vitest';
import { testTier } from '../../../scripts/tier.mjs';
import {
  bidirectional,
  dense,
  embedding,
  gru,
  loadModel,
  loadWeights,
  lstm,
  sequential,
  simpleRNN,
  sru,
  toModelFile,
} from '../src/index.js';
import { BACKENDS } from './backends.js';

const path = (name: string) => fileURLToPath(new URL(`../../formats/fixtures/${name}`, import.meta.url));

interface Case {
  readonly name: string;
  readonly files: readonly string[];
  readonly calls?: readonly { readonly x: number[]; readonly y: number[] }[];
  readonly model?: {
    readonly inputs: readonly { readonly shape: number[]; readonly values: number[] }[];
    readonly outputs: number[];
  };
}

const casesOf = (file: string) => JSON.parse(readFileSync(path(file), 'utf8')).cases as Case[];
const cases = casesOf('keras-calls.json');
const { cases: streams } = JSON.parse(readFileSync(path('rtneural-calls.json'), 'utf8')) as {
  cases: { file: string; x: number[]; y: number[] }[];
};
const rtneural = streams.map(({ file, x, y }) => ({
  name: 'rtneural',
  file,
  model: { inputs: [{ shape: [2, 6, 1], values: x }], outputs: y },
}));
/** Files with names of layers that TensorFlow.js refuses. */
const UNNAMEABLE = ['keras-h5/named.h5'];
const keras = [...cases, ...casesOf('keras2-calls.json')].flatMap(({ files, model, name }) =>
  files
    .filter((file) => !file.includes('.weights.') && !UNNAMEABLE.includes(file))
    .flatMap((file) => (model ? [{ name, file, model }] : [])),
);
const { cases: converted } = JSON.parse(readFileSync(path('converted-calls.json'), 'utf8')) as {
  cases: { name: string; file: string; model: NonNullable<Case['model']> }[];
};
const whole = [...keras, ...rtneural, ...converted];

function predict(model: tfl.LayersModel, inputs: NonNullable<Case['model']>['inputs']): number[] {
  return tf.tidy(() => {
    const tensors = inputs.map(({ shape, values }) => tf.tensor(values, shape));
    return [...(model.predict(tensors.length === 1 ? tensors[0] : tensors) as tf.Tensor).dataSync()];
  });
}

function expectClose(actual: ArrayLike<number>, expected: ArrayLike<number>): void {
  expect(actual.length).toBe(expected.length);
  Array.from(actual).forEach((value, i) => {
    expect(Math.abs(value - expected[i])).toBeLessThan(1e-6);
  });
}

describe.each(BACKENDS)('loadModel on %s', (backend) => {
  test.each(whole)("$file predicts Keras's numbers", async ({ file, model }) => {
    tf.setBackend(backend);
    const before = tf.memory().numTensors;
    const loaded = await loadModel(path(file));
    expect(loaded.acceleration.left).toEqual([]);
    expectClose(predict(loaded, model.inputs), model.outputs);
    loaded.dispose();
    for (const layer of loaded.layers) if (layer instanceof tfl.LayersModel) layer.dispose();
    expect(tf.memory().numTensors).toBe(before);
  });

  // Files do not depend on the backend: the quick tier has a third of them here, another third on each.
  const turn = backend === 'cpu' ? 0 : 1;
  // Keras 3 does not have the hard sigmoid of Keras 2.
  const written = whole.filter(({ name }) => name !== 'states' && name !== 'keras2-hard');
  test.each(written.filter((_, i) => testTier() === 'full' || i % 3 === turn))(
    'a model of $file goes through toModelFile and every format for whole models',
    async ({ file, model }) => {
      tf.setBackend(backend);
      const converted = await writeModel(await readModel(path(file)), 'layers-model');
      const direct = await loadModel([...converted].map(([name, bytes]) => new File([bytes as never], name)));
      expectClose(predict(direct, model.inputs), model.outputs);
      const loaded = await loadModel(path(file));
      for (const format of ['keras', 'layers-model'] as const) {
        const written = await writeModel(await toModelFile(loaded), format);
        const again = await loadModel([...written].map(([name, bytes]) => new File([bytes as never], name)));
        expectClose(predict(again, model.inputs), model.outputs);
      }
    },
  );
});

describe('loadModel', () => {
  test('takes a list of layers, as Keras before 2.2.3 saved them', async () => {
    const [{ calls }] = cases.filter(({ name }) => name === 'keras2');
    const [{ x, y }] = calls ?? [];
    const model = await loadModel(path('keras-h5/keras2.h5'));
    const [kernel, bias] = model.layers[1].getWeights().map((weight) => weight.dataSync());
    const rows = [0, 1].map((row) => y[2 * row] * kernel[0] + y[2 * row + 1] * kernel[1] + bias[0]);
    expectClose(predict(model, [{ shape: [2, 4, 3], values: x }]), rows);
  });

  test('refuses weights without a description, and unknown layers by their names', async () => {
    await expect(loadModel(path('pytorch/classifier.pt'))).rejects.toThrow(
      'classifier.pt: it holds weights, but no description of the model. Build the model, then call loadWeights',
    );
    const file = await readModel(path('keras/classifier.keras'));
    const topology = JSON.parse(
      JSON.stringify(file.topology).replaceAll('"Dropout"', '"Mystery"').replaceAll('"Dense"', '"Riddle"'),
    );
    const written = await writeModel({ ...file, topology }, 'layers-model');
    const files = [...written].map(([name, bytes]) => new File([bytes as never], name));
    await expect(loadModel(files)).rejects.toThrow(/dropout\S* \(Mystery\), dense\S* \(Riddle\)/);
    await expect(loadModel(new Uint8Array(20))).rejects.toThrow(FormatError);
  });

  test.each(UNNAMEABLE)('says what to do where TensorFlow.js refuses a name: %s', async (file) => {
    await expect(loadModel(path(file))).rejects.toThrow(
      /Not a valid tensor name: 'zwölf\/\S+'\. TensorFlow\.js allows .* Rename the layers before .* call loadWeights$/,
    );
    const model = sequential({
      layers: [
        bidirectional({ layer: lstm({ units: 1, returnSequences: true }), inputShape: [null, 3] }),
        gru({ units: 2 }),
      ],
    });
    const { pairs } = await loadWeights(model, path(file));
    expect(pairs.map(({ from }) => from)).toEqual(['zwölf', 'größe eins']);
    const given = cases.find(({ files }) => files.includes(file))?.model as NonNullable<Case['model']>;
    expectClose(predict(model, given.inputs), given.outputs);
  });
});

describe('toModelFile', () => {
  const loadFiles = async (model: tfl.LayersModel) => {
    const written = await writeModel(await toModelFile(model), 'layers-model');
    return loadModel([...written].map(([name, bytes]) => new File([bytes as never], name)));
  };
  const x = tf.randomNormal([2, 4, 3], 0, 1, 'float32', 5);
  const outputOf = (model: tfl.LayersModel) => [...(model.predict(x) as tf.Tensor).dataSync()];

  test.each(['forwardLayer', 'backwardLayer'] as const)(
    'keeps directions while %s is frozen',
    async (frozen) => {
      const { gru: oldGru, bidirectional: oldPair } = tfl.layers;
      const inner = oldGru({ units: 2, recurrentInitializer: 'glorotUniform' });
      const pairs = [
        bidirectional({ layer: gru({ units: 2 }), inputShape: [4, 3] }),
        oldPair({ layer: inner as never, mergeMode: 'concat', inputShape: [4, 3] }),
      ];
      for (const pair of pairs) {
        const model = sequential({ layers: [pair as tfl.layers.Layer] });
        (pair as unknown as Record<string, tfl.layers.Layer>)[frozen].trainable = false;
        expectClose(outputOf(await loadFiles(model)), outputOf(model));
      }
    },
  );

  test('keeps the order of weights of which the first is frozen', async () => {
    const norm = tfl.layers.layerNormalization({ inputShape: [4, 3] });
    const model = sequential({ layers: [norm] });
    norm.setWeights([tf.tensor1d([1, 2, 3]), tf.tensor1d([4, 5, 6])]);
    (norm.weights[0] as unknown as { trainable: boolean }).trainable = false;
    expectClose(outputOf(await loadFiles(model)), outputOf(model));
  });

  test('of inner models with layers of one name keeps each its weights', async () => {
    const inner = (name: string) =>
      sequential({
        name,
        layers: [gru({ units: 2, name: 'gru', returnSequences: true, inputShape: [4, 3] })],
      });
    const input = tfl.input({ shape: [4, 3] });
    const both = [inner('a'), inner('b')].map((model) => model.apply(input) as tfl.SymbolicTensor);
    const joined = tfl.layers.concatenate().apply(both) as tfl.SymbolicTensor;
    const outputs = dense({ units: 1, name: 'gru' }).apply(joined) as tfl.SymbolicTensor;
    const model = tfl.model({ inputs: input, outputs });
    expectClose(outputOf(await loadFiles(model)), outputOf(model));
  });

  test("of Sluice's own layers is written for Keras only where Keras has them", async () => {
    const model = sequential({ layers: [sru({ units: 2, inputShape: [4, 3] }), dense({ units: 1 })] });
    const file = await toModelFile(model);
    expect(file.layers.map(({ kind }) => kind)).toEqual(['recurrent', 'other']);
    await expect(writeModel(file, 'keras')).rejects.toThrow('is a SluiceSRU, which Keras does not have');
    const written = await writeModel(file, 'layers-model');
    const again = await loadModel([...written].map(([name, bytes]) => new File([bytes as never], name)));
    const x = [{ shape: [2, 4, 3], values: Array.from({ length: 24 }, (_, i) => Math.sin(i)) }];
    expect(predict(again, x)).toEqual(predict(model, x));
  });
});

describe('loadWeights', () => {
  const kinds = () =>
    sequential({
      layers: [
        bidirectional({ layer: lstm({ units: 2, returnSequences: true }), inputShape: [4, 3] }),
        bidirectional({ layer: lstm({ units: 2, returnSequences: true }) }),
      ],
    });

  test("matches PyTorch's stack by kind and shape, and shows the match", async () => {
    const calls = JSON.parse(readFileSync(path('torch-calls.json'), 'utf8')).cases;
    const { calls: recorded } = calls.find(
      ({ file }: { file: string }) => file === 'safetensors/kinds.safetensors',
    );
    const bytes = await onlyLayers('safetensors/kinds.safetensors', 'encoder');
    const model = kinds();
    const match = await loadWeights(model, bytes);
    expect(match.pairs.map(({ from, to }) => [from, to])).toEqual([
      ['encoder.lstm.l0', model.layers[0].name],
      ['encoder.lstm.l1', model.layers[1].name],
    ]);
    expect(String(match)).toContain(`encoder.lstm.l0 → ${model.layers[0].name}  [3, 8] [2, 8] [8] [3, 8]`);
    expectClose(predict(model, [{ shape: [2, 4, 3], values: recorded[0].x }]), recorded[0].y);
  });

  test('takes a mapping where layers are alike', async () => {
    const [first, second] = [0, 1].map(() => sequential({ layers: [gru({ units: 2, inputShape: [4, 3] })] }));
    const two = await toModelFile(first);
    const other = await toModelFile(second);
    const named = {
      ...two,
      layers: [
        { ...two.layers[0], name: 'a.l0' },
        { ...other.layers[0], name: 'b.l0' },
      ],
    };
    const [bytes] = [...(await writeModel(named, 'safetensors')).values()];
    const input = tfl.input({ shape: [4, 3] });
    const [x, y] = ['x', 'y'].map((name) => gru({ units: 2, name }).apply(input) as tfl.SymbolicTensor);
    const model = tfl.model({
      inputs: input,
      outputs: tfl.layers.concatenate().apply([x, y]) as tfl.SymbolicTensor,
    });
    const { pairs } = await loadWeights(model, bytes, { 'b.l0': 'x' });
    expect(pairs.map(({ from, to }) => [from, to])).toEqual([
      ['a.l0', 'y'],
      ['b.l0', 'x'],
    ]);
    expect(await model.getLayer('x').getWeights()[0].data()).toEqual(await second.getWeights()[0].data());
    await expect(loadWeights(model, bytes, { c: 'x' })).rejects.toThrow(
      'the file has no layer c. It has a.l0, b.l0',
    );
    await expect(loadWeights(model, bytes, { 'a.l0': 'z' })).rejects.toThrow(
      'the model has no layer z. It has x, y',
    );
  });

  test('sets nothing when a layer has no partner, and says which', async () => {
    const model = sequential({
      layers: [
        embedding({ inputDim: 7, outputDim: 4, inputLength: 5 }),
        gru({ units: 2 }),
        simpleRNN({ units: 1 } as never),
      ].slice(0, 2),
    });
    const before = await model.getWeights()[0].data();
    await expect(loadWeights(model, path('pytorch/classifier.pt'))).rejects.toThrow(
      /nothing was set\.[\s\S]*gru\.l0 → gru_\d+[\s\S]*fc: no layer of the model fits[\s\S]*embedding_\d+: no layer of the file fits/,
    );
    expect(await model.getWeights()[0].data()).toEqual(before);
  });
});

/** A file with the layers under one name. */
async function onlyLayers(name: string, prefix: string): Promise<Uint8Array> {
  const file = await readModel(path(name));
  const layers = file.layers.filter((layer) => layer.name.startsWith(prefix));
  const [bytes] = [...(await writeModel({ ...file, layers }, 'safetensors')).values()];
  return bytes;
}
