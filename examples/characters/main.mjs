import '@sluice/backend-wasm';
import { adam, dense, embedding, gru, selectBackend, sequential } from '@sluice/layers';
import * as tf from '@tensorflow/tfjs-core';
import { text } from './text.mjs';

await selectBackend();

const characters = [...new Set(text)].sort();
const numbers = [...text].map((character) => characters.indexOf(character));

/** The same layers for training and for writing. */
function build(/** @type {[number | null, number]} */ batchInputShape, /** @type {boolean} */ stateful) {
  return sequential({
    layers: [
      embedding({ inputDim: characters.length, outputDim: 16, batchInputShape, seed: 1 }),
      gru({ units: 128, returnSequences: true, stateful, seed: 2 }),
      dense({ units: characters.length, kernelInitializer: 'zeros' }), // zeros: each run is the same
    ],
  });
}

// Training reads pieces of 60 characters. The answer to each character is the next one.
const length = 60;
const trained = build([null, length], false);
trained.compile({ optimizer: adam(0.01), loss: (y, scores) => tf.losses.softmaxCrossEntropy(y, scores) });
const starts = Array.from({ length: Math.floor((numbers.length - length - 1) / 3) }, (_, i) => i * 3);
// Pieces in another order than in the text, the same in each run.
starts.sort((a, b) => ((a * 7919) % 1009) - ((b * 7919) % 1009));
const pieces = (/** @type {number} */ from) =>
  tf.tensor2d(
    starts.map((start) => numbers.slice(start + from, start + from + length)),
    undefined,
    'int32',
  );
const [x, next] = [pieces(0), tf.oneHot(pieces(1), characters.length)];

// Writing reads one character at a time: a stateful layer keeps its state from call to call.
const writer = build([1, 1], true);

/**
 * @param {string} beginning
 * @param {number} count how many characters follow
 * @param {number} temperature near 0 the most likely character, above 1 any
 */
function write(beginning, count, temperature) {
  writer.setWeights(trained.getWeights());
  writer.resetStates();
  let result = '';
  let drawn = '';
  for (let i = 0; i < beginning.length + count; i++) {
    const character = beginning[i] ?? drawn;
    result += character;
    drawn = tf.tidy(() => {
      const number = tf.tensor2d([[characters.indexOf(character)]], [1, 1], 'int32');
      const scores = tf.reshape(writer.predict(number, { batchSize: 1 }), [1, -1]);
      const [index] = tf.multinomial(tf.div(scores, temperature), 1, i + 1).dataSync();
      return characters[index];
    });
  }
  return result;
}

for (let round = 0; round <= 3; round++) {
  if (round > 0) {
    const { history } = await trained.fit(x, next, { epochs: 4, batchSize: 32, shuffle: false, verbose: 0 });
    console.log(`\nafter ${4 * round} epochs, loss ${history.loss.at(-1).toFixed(2)}:`);
  } else console.log('before training:');
  console.log(write('the ', 200, 0.4));
}
