import '@sluice/backend-wasm';
import { uniformStream } from '@sluice/core/random';
import { adam, dense, embedding, gru, input, model, selectBackend } from '@sluice/layers';
import * as tf from '@tensorflow/tfjs-core';

await selectBackend();

// "12+34" becomes "46". Both are sequences of characters, of different lengths.
const alphabet = [...'0123456789+ <'];
const [start, questionLength, answerLength] = ['<', 5, 3];
const random = uniformStream(1);
const sums = Array.from({ length: 100 * 100 }, (_, i) => ({
  a: i % 100,
  b: Math.floor(i / 100),
  place: random(),
}))
  .sort((one, other) => one.place - other.place)
  .map(({ a, b }) => ({
    question: `${a}+${b}`.padEnd(questionLength),
    // Units first, as one adds on paper: a carry is known before the digit that needs it.
    answer: [...`${a + b}`.padStart(answerLength)].reverse().join(''),
  }));
const train = sums.slice(0, 8000);
const test = sums.slice(8000); // sums that the model does not see in training

const numbers = (/** @type {string[]} */ texts) =>
  tf.tensor2d(
    texts.map((text) => [...text].map((each) => alphabet.indexOf(each))),
    undefined,
    'int32',
  );

// The encoder reads the question. Its last state is the first state of the decoder, which writes the answer.
const units = 96;
const read = embedding({ inputDim: alphabet.length, outputDim: 16, seed: 1 });
const encoder = gru({ units, returnState: true, seed: 2 });
const decoder = gru({ units, returnSequences: true, returnState: true, seed: 3 });
// Zeros at the start make each run the same: this layer has no seed.
const decide = dense({ units: alphabet.length, activation: 'softmax', kernelInitializer: 'zeros' });

// In training the decoder reads the right answer, one character late.
const question = input({ shape: [questionLength], dtype: 'int32' });
const late = input({ shape: [answerLength], dtype: 'int32' });
const [, encoded] = encoder.apply(read.apply(question));
const [written] = decoder.apply(read.apply(late), { initialState: [encoded] });
const training = model({ inputs: [question, late], outputs: decide.apply(written) });

/** The answers to questions of the same length, written character by character. */
function add(/** @type {string[]} */ questions) {
  return tf.tidy(() => {
    let [, state] = encoder.apply(read.apply(numbers(questions)));
    let last = questions.map(() => start);
    const answers = questions.map(() => '');
    for (let i = 0; i < answerLength; i++) {
      const [output, next] = decoder.apply(read.apply(numbers(last)), { initialState: [state] });
      const best = tf.argMax(decide.apply(output), -1).dataSync();
      last = [...best].map((number) => alphabet[number]);
      for (const [row, character] of last.entries()) answers[row] += character;
      state = next;
    }
    return answers;
  });
}

const x = [
  numbers(train.map(({ question }) => question)),
  numbers(train.map(({ answer }) => start + answer.slice(0, -1))),
];
const y = tf.oneHot(numbers(train.map(({ answer }) => answer)), alphabet.length);
const optimizer = adam(0.01);
training.compile({ optimizer, loss: 'categoricalCrossentropy' });
for (let round = 1; round <= 3; round++) {
  optimizer.learningRate = 0.01 / 2 ** (round - 1); // smaller steps towards the end
  const { history } = await training.fit(x, y, { epochs: 3, batchSize: 64, shuffle: false, verbose: 0 });
  const answers = add(test.map(({ question }) => question));
  const right = test.filter(({ answer }, i) => answers[i] === answer).length / test.length;
  console.log(
    `epoch ${3 * round}: loss ${history.loss.at(-1).toFixed(3)}, ${(100 * right).toFixed(1)} % of new sums are right`,
  );
}

for (const { question } of test.slice(0, 6)) {
  console.log(`  ${question.trim()} = ${[...add([question])[0]].reverse().join('').trim()}`);
}
