// Trains the network of the page in Node and writes public/model.
import '@sluice/backend-wasm';
import '@sluice/layers/node';
import { adam, dense, gru, selectBackend, sequential } from '@sluice/layers';
import * as tf from '@tensorflow/tfjs-core';
import { initializers } from '@tensorflow/tfjs-layers';
import { FRAME, makeSound } from './sound.mjs';

await selectBackend();

const [count, frames] = [96, 150];
const sounds = Array.from({ length: count }, (_, i) => makeSound(100 + i, frames));
const x = tf.tensor3d(Float32Array.from(sounds.flatMap(({ samples }) => [...samples])), [
  count,
  frames,
  FRAME,
]);
const y = tf.tensor3d(
  sounds.flatMap(({ whistles }) => whistles.map(Number)),
  [count, frames, 1],
);

const model = sequential({
  layers: [
    dense({
      units: 32,
      activation: 'relu',
      inputShape: [null, FRAME],
      kernelInitializer: initializers.glorotUniform({ seed: 2 }), // each run is the same
    }),
    gru({ units: 24, returnSequences: true, seed: 1 }),
    dense({ units: 1, activation: 'sigmoid', kernelInitializer: 'zeros' }),
  ],
});
model.compile({ optimizer: adam(0.003), loss: 'binaryCrossentropy', metrics: ['accuracy'] });
await model.fit(x, y, {
  epochs: 30,
  batchSize: 16,
  shuffle: false,
  verbose: 0,
  callbacks: {
    onEpochEnd: async (epoch, { acc }) =>
      console.log(`epoch ${epoch + 1}: ${(100 * acc).toFixed(1)} % of the frames`),
  },
});
await model.save(new URL('public/model', import.meta.url).href);
