import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import * as tf from '@tensorflow/tfjs-core';
import * as tfl from '@tensorflow/tfjs-layers';
import { expect, onTestFinished, test } from 'vitest';
import { gru, loadLayersModel, sequential } from '../src/index.js';
import './backends.js';
import '../src/node.js';

const scratchFolder = () => {
  const folder = mkdtempSync(join(tmpdir(), 'sluice-layers-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
};

const x = tf.randomNormal([2, 4, 3], 0, 1, 'float32', 5);
const numbers = (model: tfl.LayersModel) => [...(model.predict(x) as tf.Tensor).dataSync()];

test('a model is saved to a file:// address and loaded again, with its optimizer', async () => {
  const model = sequential({ layers: [gru({ units: 2, inputShape: [4, 3] })] });
  model.compile({ optimizer: 'adam', loss: 'meanSquaredError' });
  await model.trainOnBatch(x, tf.ones([2, 2]));
  const folder = scratchFolder();
  for (const address of [`file://${folder}/a`, pathToFileURL(join(folder, 'b')).href]) {
    const { modelArtifactsInfo } = await model.save(address, { includeOptimizer: true });
    expect(modelArtifactsInfo.weightDataBytes).toBeGreaterThan(0);
    expect(numbers(await loadLayersModel(`${address}/model.json`))).toEqual(numbers(model));
    const plain = await tfl.loadLayersModel(`${address}/model.json`);
    expect(numbers(plain)).toEqual(numbers(model));
  }
  expect(readdirSync(join(folder, 'a')).sort()).toEqual(['model.json', 'weights.bin']);
});

test('weights outside of the folder of the model are not read', async () => {
  const folder = scratchFolder();
  const model = sequential({ layers: [gru({ units: 2, inputShape: [4, 3] })] });
  await model.save(`file://${folder}/a`);
  await model.save(`file://${folder}/b`);
  const path = join(folder, 'b', 'model.json');
  const json = readFileSync(path, 'utf8');
  for (const outside of ['../a/weights.bin', join(folder, 'a', 'weights.bin')]) {
    writeFileSync(path, json.replace('"weights.bin"', JSON.stringify(outside)));
    await expect(loadLayersModel(`file://${path}`)).rejects.toThrow('which is not in its own folder');
  }
});

test('a missing and a damaged file are errors', async () => {
  const folder = scratchFolder();
  await expect(loadLayersModel(`file://${folder}/model.json`)).rejects.toThrow('no such file');
  writeFileSync(join(folder, 'model.json'), '{"modelTopology": ');
  await expect(loadLayersModel(`file://${folder}/model.json`)).rejects.toThrow(/JSON/);
});
