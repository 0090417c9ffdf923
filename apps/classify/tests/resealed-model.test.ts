import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { useBackend } from '../src/backend.js';
import { buildModel } from '../src/model/build.js';
import { defaultSettings } from '../src/model/settings.js';
import { checksum } from '../src/storage/atomic-file.js';
import { loadModel } from '../src/storage/load-model.js';
import { writeModel, writeModelDescription } from '../src/storage/model-files.js';
import { command } from './command.js';
import { scratchFile, scratchFolder } from './scratch.js';

const settings = { ...defaultSettings, units: 3, embedding: 2, layers: 1, length: 4 };
const tokens = ['dull', 'film', 'fine'];
const classes = ['bad', 'good', 'odd'];

/** A JSON file as tests change it: they break what types promise. */
type Json = ReturnType<typeof JSON.parse>;
type Change = (json: Json) => unknown;
/** What a change gives back to have something else in the place of the whole file. */
const instead = (value: unknown) => ({ instead: value });
const changedBy = (change: Change, json: Json) => {
  const result: Json = change(json);
  return typeof result === 'object' && 'instead' in result ? result.instead : json;
};

beforeAll(() => useBackend('cpu'));

/** A saved model of which one file is changed and sealed again: every checksum fits. */
async function resealed(changed: string, change: Change): Promise<{ folder: string; path: string }> {
  const folder = scratchFolder();
  writeModelDescription(folder, { settings, classes, tokens });
  await writeModel(folder, buildModel(settings, tokens.length + 2, classes.length), 3);
  const path = join(folder, changed);
  const modelPath = join(folder, 'model.json');
  if (changed !== 'model.json') {
    const json = JSON.parse(readFileSync(path, 'utf8'));
    writeFileSync(path, JSON.stringify(changedBy(change, json)));
  }
  const { checksum: _, ...body } = JSON.parse(readFileSync(modelPath, 'utf8'));
  const metadata = body.userDefinedMetadata;
  metadata.checksums = metadata.checksums.map(([file]: [string]) => [
    file,
    checksum(readFileSync(join(folder, file))),
  ]);
  const sealed = changed === 'model.json' ? changedBy(change, body) : body;
  writeFileSync(modelPath, JSON.stringify({ ...sealed, checksum: checksum(JSON.stringify(sealed)) }));
  return { folder, path };
}

const weightsOf = (body: Json) => body.weightsManifest[0].weights;

describe('a model that was edited and has a new checksum is refused with the name of the file', () => {
  test.each<[string, string, Change, RegExp | string]>([
    ['nothing changed: it is loaded', 'model.json', () => {}, ''],
    [
      'classes that do not fit the output',
      'settings.json',
      (json) => json.classes.push('new'),
      /dense\/kernel .* 4 classes need \[3, 4\]/,
    ],
    [
      'two classes for three outputs',
      'settings.json',
      (json) => json.classes.pop(),
      /dense\/kernel .* 2 classes need \[3, 1\]/,
    ],
    [
      'a class twice',
      'settings.json',
      (json) => json.classes.splice(0, 1, 'good'),
      /classes: a class is there twice/,
    ],
    [
      'a label with a line feed',
      'settings.json',
      (json) => json.classes.splice(0, 1, 'a\nb'),
      /classes\.0: a label/,
    ],
    [
      'a class that is no text',
      'settings.json',
      (json) => json.classes.splice(0, 1, 7),
      /classes\.0: Invalid type/,
    ],
    [
      'no classes',
      'settings.json',
      (json) => {
        json.classes = {};
      },
      /classes: Invalid type/,
    ],
    [
      'other units',
      'settings.json',
      (json) => {
        json.settings.units = 4;
      },
      /dense\/kernel has the shape \[3, 3\]/,
    ],
    [
      'more layers',
      'settings.json',
      (json) => {
        json.settings.layers = 2;
      },
      /1 recurrent layers, the settings say 2/,
    ],
    [
      'another width of the embedding',
      'settings.json',
      (json) => {
        json.settings.embedding = 3;
      },
      /embedding\/embeddings/,
    ],
    [
      'an unknown cell',
      'settings.json',
      (json) => {
        json.settings.cell = 'abacus';
      },
      /settings\.cell: Invalid type/,
    ],
    [
      'a length of 0',
      'settings.json',
      (json) => {
        json.settings.length = 0;
      },
      /settings\.length: Invalid value/,
    ],
    [
      'a unit of objects',
      'settings.json',
      (json) => {
        json.settings.unit = {};
      },
      /settings\.unit: Invalid type/,
    ],
    ['no settings', 'settings.json', () => instead([]), /not as this program writes it/],
    ['null for settings', 'settings.json', () => instead(null), /not as this program writes it/],
    [
      'tokens that repeat',
      'vocabulary.json',
      (json) => json.tokens.splice(0, 1, 'film'),
      /tokens: a token is there twice/,
    ],
    [
      'a token too few',
      'vocabulary.json',
      (json) => json.tokens.pop(),
      /embedding\/embeddings has the shape \[5, 2\], the tokens and settings need \[4, 2\]/,
    ],
    [
      'a token that is no text',
      'vocabulary.json',
      (json) => json.tokens.splice(0, 1, null),
      /tokens\.0: Invalid type/,
    ],
    ['an empty token', 'vocabulary.json', (json) => json.tokens.splice(0, 1, ''), /tokens\.0: Invalid/],
    [
      'weights of another length',
      'model.json',
      (json) => {
        weightsOf(json)[0].shape = [6, 2];
      },
      /its weights take \d+ bytes, their file has/,
    ],
    [
      'shapes that are swapped',
      'model.json',
      (json) => {
        weightsOf(json)[0].shape = [2, 5];
      },
      /embedding\/embeddings has the shape \[2, 5\]/,
    ],
    [
      'a weight of negative size',
      'model.json',
      (json) => {
        weightsOf(json)[0].shape = [-5, 2];
      },
      /weights\.0\.shape\.0: Invalid value/,
    ],
    [
      'weights of another type',
      'model.json',
      (json) => {
        weightsOf(json)[0].dtype = 'int32';
      },
      /dtype: Invalid type/,
    ],
    [
      'a file elsewhere',
      'model.json',
      (json) => {
        json.weightsManifest[0].paths = ['../weights-0123456789ab.bin'];
      },
      /paths\.0: Invalid format/,
    ],
    [
      'no file of weights',
      'model.json',
      (json) => {
        json.weightsManifest = [];
      },
      /weightsManifest/,
    ],
    [
      'another topology',
      'model.json',
      (json) => {
        json.modelTopology = {};
      },
      /TensorFlow\.js makes no model of it/,
    ],
    [
      'other units in the topology',
      'model.json',
      (json) => instead(JSON.parse(JSON.stringify(json).replace('"units":3', '"units":5'))),
      /TensorFlow\.js makes no model of it/,
    ],
    [
      'no epoch',
      'model.json',
      (json) => {
        json.userDefinedMetadata.epoch = 0;
      },
      /epoch: Invalid value/,
    ],
    [
      'no metadata',
      'model.json',
      (json) => {
        json.userDefinedMetadata = null;
      },
      /userDefinedMetadata: Invalid type/,
    ],
  ])('%s', async (_, file, change, message) => {
    const { folder, path } = await resealed(file, change);
    if (message === '') return expect((await loadModel(folder)).epoch).toBe(3);
    const error: Error = await loadModel(folder).then(
      () => new Error('it was loaded'),
      (thrown) => thrown,
    );
    expect(error.name).toBe('InputError');
    expect(error.message).toMatch(message);
    expect([path, join(folder, 'model.json')].some((named) => error.message.startsWith(named))).toBe(true);
  });

  test('by every subcommand, in one line', async () => {
    const { folder } = await resealed('vocabulary.json', (json) => json.tokens.splice(0, 1, 'film'));
    const data = scratchFile('data.txt', 'bad dull\n');
    for (const words of [['predict', 'dull'], ['evaluate', '--data', data], ['inspect']]) {
      const { status, error } = await command([...words, '--model', folder]);
      expect(status).toBe(1);
      expect(error).toMatch(/^error: .*vocabulary\.json: not as this program writes it: .*\n$/);
    }
  });
});
