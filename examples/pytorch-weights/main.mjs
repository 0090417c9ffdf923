import '@sluice/backend-wasm';
import { readFile } from 'node:fs/promises';
import { dense, gru, loadWeights, selectBackend, sequential } from '@sluice/layers';
import * as tf from '@tensorflow/tfjs-core';

await selectBackend();

// The layers of the class Forecaster in make_weights.py.
const model = sequential({
  layers: [
    gru({ units: 16, returnSequences: true, inputShape: [null, 1] }),
    gru({ units: 16 }),
    dense({ units: 1 }),
  ],
});

// Each layer of the file is matched with a layer of the model, and its arrays are converted.
const match = await loadWeights(model, await readFile(new URL('weights.safetensors', import.meta.url)));
console.log(`${match}\n`);

// Inputs, and what PyTorch computed for them with the same weights.
const expected = JSON.parse(await readFile(new URL('expected.json', import.meta.url), 'utf8'));
const x = tf.tensor3d(expected.inputs, [expected.outputs.length, 24, 1]);
const outputs = model.predict(x).dataSync();

console.log('next value of the wave   Sluice      PyTorch');
for (const [i, truth] of expected.truth.entries()) {
  const columns = [truth, outputs[i], expected.outputs[i]].map((value) => value.toFixed(7).padStart(11));
  console.log(`${columns[0].padStart(22)} ${columns[1]} ${columns[2]}`);
}
const differences = expected.outputs.map((/** @type {number} */ value, i) => Math.abs(value - outputs[i]));
console.log(`\nlargest difference from PyTorch: ${Math.max(...differences).toExponential(1)}`);
