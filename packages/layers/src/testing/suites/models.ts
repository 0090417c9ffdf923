import { writeModel } from '@sluice/formats/write';
import * as tf from '@tensorflow/tfjs-core';
import * as tfl from '@tensorflow/tfjs-layers';
import { describe, expect, test } from 'vitest';
import { accelerate, loadLayersModel, loadModel, loadWeights, toModelFile } from '../../index.js';
import { expectNear } from '../check-layer.js';
import { createLabels, createTokens, EXAMPLES, runClassifier } from '../reference-classifier.js';
import { readAllFloat64, readFloat64, type Suite, setWaveWeights, waveTensor } from '../subject.js';

const { layers } = tfl;

/** Orthogonal matrices take TensorFlow.js seconds on some devices. */
const glorot = { recurrentInitializer: 'glorotUniform' } as const;

/** A classifier of TensorFlow.js's layers. Index 0 is padding. */
function createClassifier(): tfl.LayersModel {
  const pair = layers.gru({ units: 3, ...glorot, returnSequences: true });
  const model = tfl.sequential({
    layers: [
      layers.embedding({ inputDim: 5, outputDim: 3, maskZero: true, inputLength: 4 }),
      layers.bidirectional({ layer: pair as never, mergeMode: 'concat' }),
      layers.lstm({ units: 3, ...glorot }),
      layers.dense({ units: 1, activation: 'sigmoid' }),
    ],
  });
  setWaveWeights(model);
  model.compile({ optimizer: tf.train.sgd(0.5), loss: 'binaryCrossentropy' });
  return model;
}

/** A model within a model, time-distributed words, and a decoder that starts from an encoder's states. */
function createTranslator(): tfl.LayersModel {
  const words = tfl.sequential({
    layers: [layers.simpleRNN({ units: 3, ...glorot, inputShape: [2, 3] }), layers.dense({ units: 3 })],
  });
  const [source, target] = [tfl.input({ shape: [4, 2, 3] }), tfl.input({ shape: [4, 3] })];
  const spoken = layers.timeDistributed({ layer: words as never }).apply(source) as tfl.SymbolicTensor;
  const args = { units: 3, ...glorot, returnState: true, returnSequences: true };
  const [, ...states] = layers.lstm({ ...args, goBackwards: true }).apply(spoken) as tfl.SymbolicTensor[];
  const [decoded] = layers.lstm(args).apply([target, ...states] as never) as tfl.SymbolicTensor[];
  const model = tfl.model({ inputs: [source, target], outputs: decoded });
  setWaveWeights(model);
  return model;
}

const predict = (model: tfl.LayersModel, inputs: tf.Tensor | tf.Tensor[]): tf.Tensor =>
  model.predict(inputs) as tf.Tensor;

/** What `save` writes. */
async function saveToMemory(model: tfl.LayersModel): Promise<tf.io.IOHandler> {
  let artifacts: tf.io.ModelArtifacts | undefined;
  const handler = tf.io.withSaveHandler(async (saved) => {
    artifacts = { ...saved, modelTopology: JSON.parse(JSON.stringify(saved.modelTopology)) };
    return { modelArtifactsInfo: tf.io.getModelArtifactsInfoForJSON(saved) };
  });
  await model.save(handler);
  return tf.io.fromMemory(artifacts as tf.io.ModelArtifacts);
}

export const modelsSuite: Suite = (subject) =>
  describe('models of TensorFlow.js', () => {
    test('accelerated, predict the same and go on training', async () => {
      const model = createClassifier();
      const fast = accelerate(model);
      const before = await readAllFloat64(model.getWeights());
      const { predictions, gradients } = runClassifier(fast, before, EXAMPLES);
      const both = [model, fast].map((each) => predict(each, createTokens()));
      await expectNear(subject, both, [predictions, predictions]);
      await fast.trainOnBatch(createTokens(), createLabels());
      const trained = before.map((values, i) => values.map((value, k) => value - 0.5 * gradients[i][k]));
      await expectNear(subject, fast.getWeights(), trained, 'gradient');
      expect(await readAllFloat64(model.getWeights())).toEqual(before);
    });

    test('accelerated, predict the same with inner models and states, and leak nothing', async () => {
      const model = createTranslator();
      const inputs = [waveTensor([2, 4, 2, 3], 7), waveTensor([2, 4, 3], 8)];
      const expected = predict(model, inputs);
      const { numTensors } = tf.memory();
      const fast = accelerate(model);
      expect(fast.acceleration.replaced).toHaveLength(3);
      const actual = predict(fast, inputs);
      await expectNear(subject, [actual], [await readFloat64(expected)]);
      actual.dispose();
      fast.dispose();
      expect(tf.memory().numTensors).toBe(numTensors);
    });

    test('are loaded with fast layers, and written to files and read again', async () => {
      const model = createClassifier();
      const expected = [await readFloat64(predict(model, createTokens()))];
      const loaded = await loadLayersModel(await saveToMemory(model));
      const written = await writeModel(await toModelFile(model), 'layers-model');
      const files = [...written].map(([name, bytes]) => new File([bytes as never], name));
      const read = await loadModel(files);
      const filled = accelerate(model);
      filled.setWeights(filled.getWeights().map((weight) => tf.zerosLike(weight)));
      await loadWeights(filled, files);
      for (const fast of [loaded, read, filled]) {
        expect(fast.acceleration.replaced).toHaveLength(3);
        const actual = predict(fast, createTokens());
        await expectNear(subject, [actual], expected);
        fast.dispose();
      }
    });
  });
