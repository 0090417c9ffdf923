import '@sluice/backend-wasm';
import { adam, dense, embedding, gru, selectBackend, sequential } from '@sluice/layers';
import { setWasmPaths } from '@tensorflow/tfjs-backend-wasm';
import plain from '@tensorflow/tfjs-backend-wasm/dist/tfjs-backend-wasm.wasm?url';
import simd from '@tensorflow/tfjs-backend-wasm/dist/tfjs-backend-wasm-simd.wasm?url';
import threaded from '@tensorflow/tfjs-backend-wasm/dist/tfjs-backend-wasm-threaded-simd.wasm?url';
import * as tf from '@tensorflow/tfjs-core';

// Where Vite serves the files of TensorFlow.js.
setWasmPaths({
  'tfjs-backend-wasm.wasm': plain,
  'tfjs-backend-wasm-simd.wasm': simd,
  'tfjs-backend-wasm-threaded-simd.wasm': threaded,
});

const [length, epochs] = [40, 20];

self.onmessage = async ({ data: text }) => {
  await selectBackend();
  const characters = [...new Set(text)].sort();
  const numbers = [...text].map((character) => characters.indexOf(character));
  if (numbers.length < 2 * length) throw new Error(`The text needs ${2 * length} characters or more.`);

  /** The same layers for training and for writing. */
  const build = (/** @type {[number | null, number]} */ batchInputShape, /** @type {boolean} */ stateful) =>
    sequential({
      layers: [
        embedding({ inputDim: characters.length, outputDim: 16, batchInputShape, seed: 1 }),
        gru({ units: 96, returnSequences: true, stateful, seed: 2 }),
        dense({ units: characters.length, kernelInitializer: 'zeros' }), // zeros: each run is the same
      ],
    });
  const model = build([null, length], false);
  model.compile({ optimizer: adam(0.01), loss: (y, scores) => tf.losses.softmaxCrossEntropy(y, scores) });
  const writer = build([1, 1], true);

  const starts = Array.from({ length: numbers.length - length - 1 }, (_, i) => i);
  const pieces = (/** @type {number} */ from) =>
    tf.tensor2d(
      starts.map((start) => numbers.slice(start + from, start + from + length)),
      undefined,
      'int32',
    );
  const [x, y] = [pieces(0), tf.oneHot(pieces(1), characters.length)];

  for (let epoch = 1; epoch <= epochs; epoch++) {
    const { history } = await model.fit(x, y, { epochs: 1, batchSize: 32, shuffle: false, verbose: 0 });
    writer.setWeights(model.getWeights());
    writer.resetStates();
    postMessage({ epoch, epochs, loss: history.loss[0], written: write(writer, characters, 160) });
  }
};

/** A text of the most likely characters, after the first character of the list, a space. */
function write(
  /** @type {tf.LayersModel} */ writer,
  /** @type {string[]} */ characters,
  /** @type {number} */ count,
) {
  let written = '';
  let number = 0;
  for (let i = 0; i < count; i++) {
    number = tf.tidy(() => {
      const scores = writer.predict(tf.tensor2d([[number]], [1, 1], 'int32'), { batchSize: 1 });
      return tf.argMax(tf.reshape(scores, [-1])).dataSync()[0];
    });
    written += characters[number];
  }
  return written;
}
