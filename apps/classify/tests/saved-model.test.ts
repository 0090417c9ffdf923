import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { io, type Tensor, tensor2d } from '@tensorflow/tfjs-core';
import { loadLayersModel } from '@tensorflow/tfjs-layers';
import { beforeAll, describe, expect, test } from 'vitest';
import { useBackend } from '../src/backend.js';
import { buildModel } from '../src/model/build.js';
import { defaultSettings } from '../src/model/settings.js';
import { loadModel } from '../src/storage/load-model.js';
import { writeModel, writeModelDescription } from '../src/storage/model-files.js';
import { scratchFolder } from './scratch.js';

const settings = { ...defaultSettings, units: 3, embedding: 2, layers: 1, length: 4 };
const tokens = ['good', 'bad', '__proto__'];
const classes = ['no', 'yes', 'é'];

async function savedFolder(): Promise<{ folder: string; predict: () => Promise<unknown> }> {
  const folder = scratchFolder();
  const model = buildModel(settings, tokens.length + 2, classes.length);
  writeModelDescription(folder, { settings, classes, tokens });
  await writeModel(folder, model, 3);
  return { folder, predict: () => (model.predict(sample()) as Tensor).array() };
}

const sample = () => tensor2d([[2, 3, 0]], [1, 3], 'int32');

beforeAll(() => useBackend('cpu'));

describe('a saved model', () => {
  test('is loaded with its classes, vocabulary and settings, and predicts the same', async () => {
    const { folder, predict } = await savedFolder();
    const saved = await loadModel(folder);
    expect(saved).toMatchObject({ settings, classes, epoch: 3 });
    expect(saved.vocabulary.tokens).toEqual(tokens);
    expect(await (saved.model.predict(sample()) as Tensor).array()).toEqual(await predict());
  });

  test('names its form of the GRU, whatever the default is', async () => {
    const { folder } = await savedFolder();
    const { modelTopology } = JSON.parse(readFileSync(join(folder, 'model.json'), 'utf8'));
    expect(JSON.stringify(modelTopology)).toMatch(/"reset_?[aA]fter":true/);
  });

  test('is a layers model that TensorFlow.js itself loads', async () => {
    const { folder, predict } = await savedFolder();
    const json: io.ModelJSON = JSON.parse(readFileSync(join(folder, 'model.json'), 'utf8'));
    const artifacts = await io.getModelArtifactsForJSON(json, async (manifest) => {
      const files = manifest.flatMap(({ paths }) => paths.map((path) => readFileSync(join(folder, path))));
      return [manifest.flatMap(({ weights }) => weights), new Uint8Array(Buffer.concat(files)).buffer];
    });
    const model = await loadLayersModel(io.fromMemory(artifacts));
    expect(await (model.predict(sample()) as Tensor).array()).toEqual(await predict());
  });

  test('is replaced with its weights: the earlier ones are removed', async () => {
    const { folder } = await savedFolder();
    const other = buildModel({ ...settings, seed: 9 }, tokens.length + 2, classes.length);
    await writeModel(folder, other, 4);
    expect(readdirSync(folder).filter((file) => file.startsWith('weights')).length).toBe(1);
    expect((await loadModel(folder)).epoch).toBe(4);
  });
});

describe('a damaged model', () => {
  test('whose file is removed, truncated or changed is an error with the name of the file', async () => {
    const { folder } = await savedFolder();
    const files = readdirSync(folder);
    expect(files.length).toBe(4);
    for (const file of files) {
      const path = join(folder, file);
      const bytes = readFileSync(path);
      rmSync(path);
      await expect(loadModel(folder), `${file} removed`).rejects.toThrow(path);
      for (const length of [0, 1, Math.floor(bytes.length / 2), bytes.length - 1]) {
        writeFileSync(path, bytes.subarray(0, length));
        await expect(loadModel(folder), `${file} cut to ${length}`).rejects.toThrow(path);
      }
      for (let position = 0; position < bytes.length; position += 1 + Math.floor(bytes.length / 60)) {
        const changed = Buffer.from(bytes);
        changed[position] ^= 0x04;
        writeFileSync(path, changed);
        await expect(loadModel(folder), `${file}, byte ${position}`).rejects.toThrow(path);
      }
      writeFileSync(path, bytes);
    }
    expect((await loadModel(folder)).epoch).toBe(3);
  });

  test('a folder without a model is an error with the expected files', async () => {
    const folder = scratchFolder();
    await expect(loadModel(folder)).rejects.toThrow(
      /model\.json: there is no such file; expected the folder/,
    );
  });
});
