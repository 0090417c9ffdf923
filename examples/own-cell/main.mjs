import '@sluice/backend-wasm';
import { cellFromText, defineCell, explain } from '@sluice/core';
import { bias, kernel, recurrentKernel, sigmoid, tanh } from '@sluice/core/equations';
import { adam, dense, rnn, selectBackend, sequential } from '@sluice/layers';
import * as tf from '@tensorflow/tfjs-core';

await selectBackend();

// The minimal gated unit (Zhou et al. 2016): one gate says how much of the state is new. As text:
const fromText = cellFromText(`
  f = sigmoid(Wf x + Uf h_prev + bf)
  n = tanh(Wn x + Un (f * h_prev) + bn)
  h = (1 - f) * h_prev + f * n`);

// The same cell in code.
const fromCode = defineCell({
  name: 'minimalGatedUnit',
  states: ['h'],
  parameters: { kernel: kernel('f', 'n'), recurrentKernel: recurrentKernel('f', 'n'), bias: bias('f', 'n') },
  equations: ({ x, h }, { kernel: W, recurrentKernel: U, bias: b }) => {
    const f = sigmoid(W.f(x).add(U.f(h)).add(b.f));
    const n = tanh(
      W.n(x)
        .add(U.n(f.mul(h)))
        .add(b.n),
    );
    return { f, n, h: f.oneMinus().mul(h).add(f.mul(n)) };
  },
});
// The text also says what each step costs; print all of it.
console.log(
  explain(fromCode)
    .split('\n\n')
    .find((part) => part.startsWith('Equations')),
);

// The adding problem: 30 numbers, two of them marked. The answer is the sum of the marked ones.
const [rows, timesteps] = [2048, 30];
const values = tf.randomUniform([rows, timesteps], 0, 1, 'float32', 1);
const one = (/** @type {number} */ seed, /** @type {number} */ from) =>
  tf.oneHot(
    tf.cast(tf.randomUniform([rows], from, from + timesteps / 2, 'float32', seed), 'int32'),
    timesteps,
  );
const marks = tf.cast(tf.add(one(2, 0), one(3, timesteps / 2)), 'float32'); // one mark in each half
const x = tf.stack([values, marks], 2);
const y = tf.sum(tf.mul(values, marks), 1, true);
const [train, test] = [0, 1792].map((from, i) => {
  const count = [1792, 256][i];
  return { x: tf.slice(x, from, count), y: tf.slice(y, from, count) };
});
console.log(
  `always the mean: error ${tf
    .mean(tf.square(tf.sub(test.y, 1)))
    .dataSync()[0]
    .toFixed(3)}`,
);

for (const [title, cell] of Object.entries({ 'as text': fromText, 'in code': fromCode })) {
  const model = sequential({
    layers: [
      rnn({ cell, units: 32, inputShape: [timesteps, 2], seed: 1 }),
      dense({ units: 1, kernelInitializer: 'zeros' }), // zeros: each run is the same
    ],
  });
  model.compile({ optimizer: adam(0.01), loss: 'meanSquaredError' });
  await model.fit(train.x, train.y, { epochs: 15, batchSize: 32, shuffle: false, verbose: 0 });
  const error = model.evaluate(test.x, test.y).dataSync()[0];
  console.log(`the cell ${title}: error ${error.toFixed(4)}`);
}
