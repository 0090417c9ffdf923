import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Consumer, createConsumerOfOldest } from './packing.js';

/** On the named backend: compares a layer with the reference, trains a classifier, saves it and loads it. */
const program = `
import { cells, planFor, referenceForward } from '@sluice/core';
import { bidirectional, dense, embedding, gru, loadLayersModel, lstm, sequential } from '@sluice/layers';
import * as tf from '@tensorflow/tfjs-core';

const [backend] = process.argv.slice(2);
await import('@sluice/backend-' + backend);
await tf.setBackend(backend);

const layer = gru({ units: 5, returnSequences: true });
const x = Float32Array.from({ length: 2 * 6 * 3 }, (_, i) => Math.sin(i));
const outputs = await layer.apply(tf.tensor3d(x, [2, 6, 3])).data();
const parameters = layer.getWeights().map((weight) => Float64Array.from(weight.dataSync()));
const plan = planFor(cells.gru(), { inputSize: 3, units: 5 });
const { sequence } = referenceForward(plan, { batch: 2, timesteps: 6, x: Float64Array.from(x), parameters });
const error = Math.max(...sequence.map((value, i) => Math.abs(value - outputs[i])));

const model = sequential({
  layers: [
    embedding({ inputDim: 30, outputDim: 8, inputLength: 6, maskZero: true }),
    bidirectional({ layer: lstm({ units: 6, returnSequences: true }) }),
    gru({ units: 6 }),
    dense({ units: 1, activation: 'sigmoid' }),
  ],
});
model.compile({ optimizer: 'adam', loss: 'binaryCrossentropy' });
const tokens = tf.tensor2d(Array.from({ length: 8 * 6 }, (_, i) => (i * 7) % 30), [8, 6], 'int32');
const labels = tf.tensor2d(Array.from({ length: 8 }, (_, i) => i % 2), [8, 1]);
const { history } = await model.fit(tokens, labels, { epochs: 20, verbose: 0 });
let artifacts;
await model.save(tf.io.withSaveHandler(async (saved) => {
  artifacts = saved;
  return { modelArtifactsInfo: { dateSaved: new Date(), modelTopologyType: 'JSON' } };
}));
const loaded = await loadLayersModel(tf.io.fromMemory(artifacts));
const [before, after] = [model, loaded].map((each) => Array.from(each.predict(tokens).dataSync()));
console.log(JSON.stringify({ version: tf.version_core, backend: tf.getBackend(), error, losses: history.loss, before, after }));
`;

let consumer: Consumer;
beforeAll(async () => {
  const names = ['core', 'tfjs', 'formats', 'layers', 'backend-cpu', 'backend-wasm'].map(
    (name) => `@sluice/${name}`,
  );
  consumer = await createConsumerOfOldest(names);
  writeFileSync(join(consumer.folder, 'program.js'), program);
});
afterAll(() => consumer?.remove());

test.each(['cpu', 'wasm'])(
  'layers work with the oldest TensorFlow.js of the peer range on %s',
  async (backend) => {
    const output = await consumer.run(process.execPath, ['program.js', backend]);
    const result = JSON.parse(output.trim().split('\n').at(-1)!);
    expect(result).toMatchObject({ version: '4.17.0', backend });
    expect(result.error).toBeLessThan(2e-6);
    expect(result.losses.at(-1)).toBeLessThan(result.losses[0]);
    expect(result.after).toEqual(result.before);
  },
);
