import '@sluice/backend-wasm';
import { uniformStream } from '@sluice/core/random';
import { adam, dense, dropout, embedding, gru, selectBackend, sequential, sru } from '@sluice/layers';
import * as tf from '@tensorflow/tfjs-core';
import { languages, readNames } from './data.mjs';

await selectBackend();

const names = readNames(uniformStream(1)); // another seed: another split
const train = names.slice(0, Math.floor(0.8 * names.length));
const test = names.slice(train.length);

// Each character is a number. 0 is padding, 1 a character that the training names do not have.
const length = 18;
const characters = [...new Set(train.flatMap(({ text }) => [...text.toLowerCase()]))];
const numbersOf = (/** @type {string} */ text) => {
  const numbers = [...text.toLowerCase()].slice(0, length).map((each) => characters.indexOf(each) + 2 || 1);
  return [...numbers, ...new Array(length - numbers.length).fill(0)];
};
const inputs = (/** @type {typeof names} */ rows) =>
  tf.tensor2d(
    rows.map(({ text }) => numbersOf(text)),
    [rows.length, length],
    'int32',
  );
const labels = (/** @type {typeof names} */ rows) => tf.tensor1d(rows.map(({ label }) => label));

/** Two recurrent layers; `cell` is gru or sru. */
function build(/** @type {typeof gru | typeof sru} */ cell) {
  const model = sequential({
    layers: [
      embedding({
        inputDim: characters.length + 2,
        outputDim: 24,
        inputLength: length,
        maskZero: true,
        seed: 1,
      }),
      cell({ units: 64, returnSequences: true, seed: 2 }),
      dropout({ rate: 0.3, seed: 4 }),
      cell({ units: 64, seed: 3 }),
      dense({ units: languages.length, activation: 'softmax', kernelInitializer: 'zeros' }), // zeros: each run is the same
    ],
  });
  model.compile({ optimizer: adam(0.006), loss: 'sparseCategoricalCrossentropy', metrics: ['accuracy'] });
  return model;
}

console.log(
  `${train.length} names to learn from, ${test.length} others to test, ${languages.length} languages`,
);
for (const [title, cell] of Object.entries({ gru, sru })) {
  const model = build(cell);
  const start = performance.now();
  await model.fit(inputs(train), labels(train), { epochs: 5, batchSize: 64, shuffle: false, verbose: 0 });
  const seconds = (performance.now() - start) / 1000;
  const [, accuracy] = model.evaluate(inputs(test), labels(test));
  const percent = (100 * accuracy.dataSync()[0]).toFixed(1);
  console.log(
    `two layers of ${title}: ${percent} % of the test names are right (trained in ${seconds.toFixed(1)} s)`,
  );

  const words = ['Morgensternisch', 'nuevo soñador', 'uusimaalainen', 'yeni ülke'];
  const rows = words.map((text) => ({ text, label: 0 }));
  const best = tf.argMax(model.predict(inputs(rows)), 1).dataSync();
  console.log(words.map((word, i) => `  ${word}: ${languages[best[i]]}`).join('\n'));
}
