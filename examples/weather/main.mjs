import '@sluice/backend-wasm';
import { uniformStream } from '@sluice/core/random';
import { adam, dense, gru, selectBackend, sequential } from '@sluice/layers';
import * as tf from '@tensorflow/tfjs-core';
import { initializers, layers } from '@tensorflow/tfjs-layers';
import { weather } from './data.mjs';

await selectBackend();

const hours = weather(uniformStream(1));
const [past, horizon, split] = [48, 6, 180 * 24]; // the first 180 days are for training

// Mean 0 and deviation 1, by the training days alone.
const learned = hours.slice(0, split).filter(({ known }) => known);
const mean = learned.reduce((sum, { celsius }) => sum + celsius, 0) / learned.length;
const deviation = Math.sqrt(
  learned.reduce((sum, { celsius }) => sum + (celsius - mean) ** 2, 0) / learned.length,
);
const scaled = (/** @type {{ celsius: number }} */ { celsius }) => (celsius - mean) / deviation;

const MISSING = -99; // masking({ maskValue: MISSING }) finds the steps whose numbers are all this

/** Two days: the temperature of each hour, its time of day, and how long ago it was. */
const window = (/** @type {number} */ end, /** @type {boolean} */ masked) =>
  hours.slice(end - past, end).map((hour, i) => {
    const angle = (2 * Math.PI * (end - past + i)) / 24;
    if (masked && !hour.known) return [MISSING, MISSING, MISSING, MISSING];
    return [hour.known ? scaled(hour) : 0, Math.sin(angle), Math.cos(angle), 1 - i / past];
  });
/** Windows every `step` hours; the answer is the temperature of the next hours. */
function windows(/** @type {number} */ from, /** @type {number} */ to, /** @type {number} */ step, masked) {
  const ends = [];
  for (let end = from + past; end + horizon <= to; end += step) ends.push(end);
  return {
    ends,
    x: tf.tensor3d(ends.map((end) => window(end, masked))),
    y: tf.tensor2d(ends.map((end) => hours.slice(end, end + horizon).map(scaled))),
  };
}
const error = (/** @type {tf.Tensor} */ forecast, /** @type {tf.Tensor} */ y) =>
  tf.mean(tf.abs(tf.sub(forecast, y))).dataSync()[0] * deviation;

/** Trains a network and gives its mean error on the test days. */
async function train(/** @type {boolean} */ masked) {
  const inputShape = [past, 4];
  const model = sequential({
    layers: [
      ...(masked ? [layers.masking({ maskValue: MISSING, inputShape })] : []),
      gru({ units: 32, inputShape, seed: 1 }),
      dense({ units: horizon, kernelInitializer: initializers.glorotUniform({ seed: 2 }) }),
    ],
  });
  model.compile({ optimizer: adam(0.005), loss: 'meanSquaredError' });
  const { x, y } = windows(0, split, 3, masked);
  await model.fit(x, y, { epochs: 12, batchSize: 32, shuffle: false, verbose: 0 });
  const test = windows(split, hours.length, 1, masked);
  return error(model.predict(test.x), test.y);
}

const unknown = hours.filter(({ known }) => !known).length / hours.length;
console.log(
  `${(100 * unknown).toFixed(0)} % of the hours are missing; mean error of the next ${horizon} hours:`,
);

const test = windows(split, hours.length, 1, false);
const lastKnown = test.ends.map((end) => scaled(hours.slice(0, end).findLast(({ known }) => known)));
const naive = tf.tile(tf.tensor2d(lastKnown, [lastKnown.length, 1]), [1, horizon]);
console.log(`  the last known value stays:       ${error(naive, test.y).toFixed(2)} °C`);
console.log(`  network, the mean in every gap:   ${(await train(false)).toFixed(2)} °C`);
console.log(`  network, gaps are masked:         ${(await train(true)).toFixed(2)} °C`);
