import '@sluice/backend-wasm';
import { uniformStream } from '@sluice/core/random';
import { adam, bidirectional, dense, embedding, gru, selectBackend, sequential } from '@sluice/layers';
import * as tf from '@tensorflow/tfjs-core';
import { opinions } from './data.mjs';

await selectBackend();

const sentences = opinions(uniformStream(1));
const train = sentences.slice(0, 2000);
const test = sentences.slice(2000); // sentences that the model does not see in training

// Each word is a number. 0 is padding, 1 a word that the training sentences do not have.
const length = 16;
const wordsOf = (/** @type {string} */ text) => text.toLowerCase().match(/[a-z']+/g) ?? [];
const words = [...new Set(train.flatMap(({ text }) => wordsOf(text)))];
const inputs = (/** @type {string[]} */ texts) => {
  const rows = texts.map((text) => wordsOf(text).map((word) => words.indexOf(word) + 2 || 1));
  return tf.tensor2d(
    rows.map((row) => [...row, ...new Array(length - row.length).fill(0)]),
    [texts.length, length],
    'int32',
  );
};
const textsOf = (/** @type {typeof train} */ rows) => inputs(rows.map(({ text }) => text));
const labels = (/** @type {typeof train} */ rows) => tf.tensor2d(rows.map(({ good }) => [good ? 1 : 0]));

const model = sequential({
  layers: [
    embedding({ inputDim: words.length + 2, outputDim: 16, inputLength: length, maskZero: true, seed: 1 }),
    // Forwards and backwards: the output of a word knows the words before it and the words after it.
    bidirectional({ layer: gru({ units: 24, returnSequences: true, seed: 2 }) }),
    bidirectional({ layer: gru({ units: 24, seed: 3 }) }),
    dense({ units: 1, activation: 'sigmoid', kernelInitializer: 'zeros' }), // zeros: each run is the same
  ],
});
model.compile({ optimizer: adam(0.01), loss: 'binaryCrossentropy', metrics: ['accuracy'] });
await model.fit(textsOf(train), labels(train), {
  epochs: 5,
  batchSize: 32,
  shuffle: false,
  verbose: 0,
  callbacks: {
    onEpochEnd: async (epoch, { acc }) =>
      console.log(`epoch ${epoch + 1}: ${(100 * acc).toFixed(1)} % right`),
  },
});

const [, accuracy] = model.evaluate(textsOf(test), labels(test));
console.log(`test: ${(100 * accuracy.dataSync()[0]).toFixed(1)} % of ${test.length} new sentences are right`);

const questions = [
  'the music is great',
  'the music is not great',
  'nobody says that the music is great',
  'the music is great, which is a lie',
  'nobody says that the story is dull',
  'the story is dull, but that is wrong',
];
const scores = model.predict(inputs(questions)).dataSync();
for (const [i, question] of questions.entries()) {
  console.log(`  ${scores[i] > 0.5 ? 'good' : 'bad '} ${scores[i].toFixed(2)}  ${question}`);
}
