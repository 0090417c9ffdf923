/**
 * Trains the voice activity network of the page, writes its weights and prints its figures: `npm run train` in this folder, a few
 * minutes. It needs espeak-ng.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import '@sluice/backend-wasm';
import { planFor } from '@sluice/core';
import { uniformStream } from '@sluice/core/random';
import { encodeSafetensors } from '@sluice/formats/safetensors';
import { adam, clipGradients, dense, gru, sequential } from '@sluice/layers';
import { createStream } from '@sluice/stream';
import { setBackend, type Tensor, tensor3d, tidy } from '@tensorflow/tfjs-core';
import { BANDS, detector, FRAME, features, UNITS } from '../detector/network.js';
import { figuresOf } from './figures.js';
import { makeScene, type Scene, voices } from './sounds.js';

const [TRAIN_SCENES, TEST_SCENES, FRAMES, SEQUENCE, EPOCHS] = [400, 80, 625, 125, 30];
const WEIGHTS = new URL('../../src/detector/weights.safetensors', import.meta.url);

const random = uniformStream(20261127);
const { train, held } = voices(random);

/** The bands of each frame of a scene. */
async function bandsOf({ samples }: Scene): Promise<Float32Array> {
  const stream = await createStream(features);
  const bands = new Float32Array((samples.length / FRAME) * BANDS);
  for (let frame = 0; frame < samples.length / FRAME; frame++) {
    bands.set(stream.process(samples.subarray(frame * FRAME, (frame + 1) * FRAME)), frame * BANDS);
  }
  stream.dispose();
  return bands;
}

console.log(`making ${TRAIN_SCENES + TEST_SCENES} scenes of ${(FRAMES * FRAME) / 16_000} s`);
const scenes = Array.from({ length: TRAIN_SCENES }, () => makeScene(train, FRAMES, random));
const tests = Array.from({ length: TEST_SCENES }, () => makeScene(held, FRAMES, random));

await setBackend('wasm');
const parts = (FRAMES * TRAIN_SCENES) / SEQUENCE;
const [x, y] = [new Float32Array(parts * SEQUENCE * BANDS), new Float32Array(parts * SEQUENCE)];
for (const [i, scene] of scenes.entries()) {
  x.set(await bandsOf(scene), i * FRAMES * BANDS);
  y.set(scene.labels, i * FRAMES);
}

const model = sequential({
  layers: [
    gru({ units: UNITS, returnSequences: true, inputShape: [SEQUENCE, BANDS], seed: 1 }),
    dense({ units: 1, activation: 'sigmoid' }),
  ],
});
model.compile({ optimizer: clipGradients(adam(0.004), { globalNorm: 1 }), loss: 'binaryCrossentropy' });
const [inputs, labels] = [tensor3d(x, [parts, SEQUENCE, BANDS]), tensor3d(y, [parts, SEQUENCE, 1])];
await model.fit(inputs, labels, {
  epochs: EPOCHS,
  batchSize: 32,
  verbose: 0,
  callbacks: {
    onEpochEnd: async (epoch, logs) =>
      console.log(`epoch ${epoch + 1} of ${EPOCHS}: loss ${logs?.loss.toFixed(4)}`),
  },
});

const learned = planFor(detector, detector.sizes).parameters.filter(({ name }) => !detector.fixed.has(name));
const trained = tidy(() => model.getWeights().map((weight: Tensor) => Float32Array.from(weight.dataSync())));
const weights = learned.map(({ name, shape }, i) => ({ name, shape: [...shape], values: trained[i] }));
mkdirSync(new URL('.', WEIGHTS), { recursive: true });
writeFileSync(WEIGHTS, encodeSafetensors(weights));
console.log(
  JSON.stringify(
    await figuresOf(tests, Object.fromEntries(weights.map(({ name, values }) => [name, values]))),
  ),
);
