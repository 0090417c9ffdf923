import '@sluice/backend-webgpu';
import { softwareAdapter } from '@sluice/backend-webgpu/engine';
import { uniformStream } from '@sluice/core/random';
import { adam, dense, gru, selectBackend, sequential } from '@sluice/layers';
import * as tf from '@tensorflow/tfjs-core';

const find = (/** @type {string} */ selector) => /** @type {any} */ (document.querySelector(selector));
const say = (/** @type {string} */ selector, /** @type {string} */ text) => {
  find(selector).textContent = text;
};

const [past, future, epochs] = [24, 24, 8];

/** Parts of sine waves of different frequencies, heights and phases. */
function makeWaves(/** @type {number} */ seed, /** @type {number} */ count) {
  const random = uniformStream(seed);
  return Array.from({ length: count }, () => {
    const [height, frequency, phase] = [0.5 + 0.5 * random(), 0.3 + 0.3 * random(), 7 * random()];
    return Array.from({ length: past + future }, (_, t) => height * Math.sin(frequency * t + phase));
  });
}
const inputs = (/** @type {number[][]} */ waves) =>
  tf.tensor3d(waves.map((wave) => wave.slice(0, past).map((value) => [value])));
const answers = (/** @type {number[][]} */ waves) => tf.tensor2d(waves.map((wave) => wave.slice(past)));

function draw(/** @type {number[]} */ wave, /** @type {ArrayLike<number>} */ forecast) {
  const canvas = find('canvas');
  const { width, height } = canvas;
  const context = canvas.getContext('2d');
  context.clearRect(0, 0, width, height);
  context.lineWidth = 3;
  const line = (/** @type {string} */ color, /** @type {number[]} */ values, /** @type {number} */ from) => {
    context.strokeStyle = color;
    context.beginPath();
    for (const [i, value] of values.entries()) {
      context.lineTo(((from + i + 0.5) / (past + future)) * width, (0.5 - 0.45 * value) * height);
    }
    context.stroke();
  };
  line('#888', wave.slice(0, past), 0);
  line('#2a8f5a', wave.slice(past), past);
  line('#d03030', [...forecast], past);
}

async function run() {
  const { backend } = await selectBackend(); // webgpu is the only one that this page imports
  const adapter = await navigator.gpu.requestAdapter();
  const software = softwareAdapter(adapter.info);
  say(
    '#device',
    `Device: ${backend}, ${software ? `${software}, a program on the processor` : adapter.info.vendor}.`,
  );

  const [train, test] = [makeWaves(1, 512), makeWaves(2, 64)];
  const model = sequential({
    layers: [
      gru({ units: 32, inputShape: [past, 1], seed: 1 }),
      dense({ units: future, kernelInitializer: 'zeros' }),
    ],
  });
  model.compile({ optimizer: adam(0.02), loss: 'meanSquaredError' });
  const [x, y, xTest, yTest] = [inputs(train), answers(train), inputs(test), answers(test)];
  for (let epoch = 0; epoch <= epochs; epoch++) {
    if (epoch > 0) await model.fit(x, y, { epochs: 1, batchSize: 32, shuffle: false, verbose: 0 });
    const [forecast, error] = tf.tidy(() => {
      const forecasts = model.predict(xTest, { batchSize: test.length });
      return [tf.slice(forecasts, 0, 1), tf.mean(tf.abs(tf.sub(forecasts, yTest)))];
    });
    // On WebGPU numbers come back asynchronously: data(), not dataSync().
    draw(test[0], await forecast.data());
    say(
      '#result',
      `Epoch ${epoch} of ${epochs}: mean error ${(await error.data())[0].toFixed(3)} on new waves.`,
    );
    tf.dispose([error, forecast]);
  }
}

if (navigator.gpu) run().catch((error) => say('#device', error.message));
else
  say(
    '#device',
    'This browser has no WebGPU: take Chrome or Edge from 113, Safari from 26, Firefox from 141 on Windows.',
  );
