import { readFileSync, writeFileSync } from 'node:fs';
import { beforeAll, describe, expect, test } from 'vitest';
import { useBackend } from '../src/backend.js';
import { checksum } from '../src/storage/atomic-file.js';
import { writeCheckpointFile } from '../src/storage/checkpoint-file.js';
import { checkpointPath, readCheckpoint, writeCheckpoint } from '../src/training/checkpoint.js';
import { command, small } from './command.js';
import { scratchFile, scratchFolder, toyLines } from './scratch.js';

/** The parts of a checkpoint as tests change them: they break what types promise. */
type Json = ReturnType<typeof JSON.parse>;
type Change = (json: Json) => unknown;

beforeAll(() => useBackend('cpu'));

describe('a checkpoint that was edited and has a new checksum', () => {
  let folder: string;
  const trained = async () => {
    folder = scratchFolder();
    const data = scratchFile('data.txt', toyLines(40));
    await command(['train', ...small, '--epochs', '2', '--backend', 'cpu', '--data', data, '--out', folder]);
    return readCheckpoint(folder);
  };
  /** Writes content and arrays without any check. */
  const seal = (json: Json) => {
    const { weights, optimizer, bestWeights = [], ...content } = json;
    const groups = new Map(Object.entries({ weights, optimizer, bestWeights })) as Json;
    writeCheckpointFile(checkpointPath(folder), content, groups);
  };

  test('is an error with the file and the part that does not fit', async () => {
    const checkpoint = await trained();
    const changes: [Change, RegExp][] = [
      [(json) => json.classes.push('bad'), /classes: a class is there twice/],
      [(json) => json.tokens.push(json.tokens[0]), /tokens: a token is there twice/],
      [
        (json) => json.classes.push('new'),
        /its classes \(bad, good, new\) are not those of the data \(bad, good\)/,
      ],
      [(json) => json.history.reverse(), /history: epochs out of order/],
      [
        (json) => {
          json.history[0].loss = null;
        },
        /history\.0\.loss: Invalid type/,
      ],
      [
        (json) => {
          json.settings.batch = 0;
        },
        /settings\.batch: Invalid value/,
      ],
      [
        (json) => {
          json.data = null;
        },
        /data: Invalid type/,
      ],
      [(json) => json.optimizer.pop(), /the optimizer's state does not fit/],
      [
        (json) => {
          json.optimizer = [];
        },
        /the optimizer's state does not fit/,
      ],
      [
        (json) => {
          json.bestWeights = json.weights.slice(1);
        },
        /the weights of the best epoch have other shapes/,
      ],
      [
        (json) => {
          const { weights, optimizer } = json;
          json.weights = weights.slice(1);
          json.optimizer = optimizer.filter(({ name }: Json) => !name.startsWith(weights[0].name));
          json.bestWeights = undefined;
        },
        /the model needs \[/,
      ],
    ];
    for (const [change, message] of changes) {
      const changed: Json = { ...structuredClone(checkpoint) };
      change(changed);
      seal(changed);
      const { status, error } = await command(['train', '--out', folder, '--resume', '--epochs', '3']);
      expect(status).toBe(1);
      expect(error).toMatch(message);
      expect(error).toMatch(/^error: [^\n]*checkpoint\.bin: [^\n]*\n$/);
    }
    writeCheckpoint(folder, checkpoint);
    expect((await command(['train', '--out', folder, '--resume', '--epochs', '3'])).status).toBe(0);
  });

  test('with a header that contradicts its arrays is an error', async () => {
    await trained();
    const path = checkpointPath(folder);
    const bytes = readFileSync(path);
    const end = 12 + bytes.readUInt32LE(8);
    const header = JSON.parse(bytes.toString('utf8', 12, end));
    const arrays = bytes.subarray(end, -32);
    const sealWith = (text: string, length = Buffer.byteLength(text)) => {
      const prefix = Buffer.from(bytes.subarray(0, 12));
      prefix.writeUInt32LE(length, 8);
      const all = [prefix, Buffer.from(text), arrays];
      writeFileSync(path, Buffer.concat([...all, Buffer.from(checksum(...all), 'hex')]));
    };
    const [first, ...others] = header.arrays;
    for (const [text, message] of [
      ['{', /checkpoint\.bin: not as this program writes it/],
      ['null', /checkpoint\.bin: not as this program writes it/],
      [JSON.stringify({ ...header, arrays: others }), /its arrays end at \d+ of \d+ bytes/],
      [
        JSON.stringify({ ...header, arrays: [{ ...first, shape: [1e9, 1e9] }, ...others] }),
        /its arrays end at/,
      ],
      [
        JSON.stringify({ ...header, arrays: [{ ...first, shape: [-1] }, ...others] }),
        /arrays\.0\.shape\.0: Invalid/,
      ],
      [
        JSON.stringify({ ...header, arrays: [{ ...first, type: 'float64' }, ...others] }),
        /arrays\.0\.type: Invalid/,
      ],
    ] as const) {
      sealWith(text);
      expect(() => readCheckpoint(folder), text.slice(0, 40)).toThrow(message);
    }
    sealWith('{}', 2 ** 31);
    expect(() => readCheckpoint(folder)).toThrow(/its header ends at/);
    sealWith(JSON.stringify(header));
    expect(readCheckpoint(folder).history.length).toBe(2);
  });
});
