import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import {
  bytesOf,
  type NamedArray,
  readCheckpointFile,
  writeCheckpointFile,
} from '../src/storage/checkpoint-file.js';
import { scratchFile, scratchFolder } from './scratch.js';

const array = (name: string, values: number[]): NamedArray => ({
  name,
  shape: [values.length],
  values: Float32Array.from(values),
});

function written(): { path: string; content: unknown; groups: Map<string, NamedArray[]> } {
  const path = join(scratchFolder(), 'checkpoint.bin');
  const content = { epoch: 2, loss: 0.1 + 0.2, classes: ['__proto__', 'é'] };
  const steps: NamedArray = { name: 'iter', shape: [], values: Int32Array.of(-7) };
  const groups = new Map([
    ['weights', [array('a', [1, -0, Number.NaN, 1e-45, Number.NEGATIVE_INFINITY]), array('b', [])]],
    ['optimizer', [steps, array('m', [0.1])]],
  ]);
  writeCheckpointFile(path, content, groups);
  return { path, content, groups };
}

describe('the checkpoint file', () => {
  test('reads the written content bit for bit', () => {
    const { path, content, groups } = written();
    const read = readCheckpointFile(path);
    expect(read.content).toEqual(content);
    expect([...read.groups.keys()]).toEqual([...groups.keys()]);
    for (const [group, arrays] of groups) {
      const again = read.groups.get(group) ?? [];
      expect(again.map(({ name, shape }) => ({ name, shape }))).toEqual(
        arrays.map(({ name, shape }) => ({ name, shape })),
      );
      arrays.forEach(({ values }, index) => {
        expect(again[index].values.constructor).toBe(values.constructor);
        expect(bytesOf(again[index].values)).toEqual(bytesOf(values));
      });
    }
  });

  test('every changed byte is an error with the name of the file', () => {
    const { path } = written();
    const bytes = readFileSync(path);
    for (let position = 0; position < bytes.length; position++) {
      const changed = Buffer.from(bytes);
      changed[position] ^= 0x10;
      writeFileSync(path, changed);
      expect(() => readCheckpointFile(path), `byte ${position}`).toThrow(path);
    }
  });

  test('every truncation is an error', () => {
    const { path } = written();
    const bytes = readFileSync(path);
    for (let length = 0; length < bytes.length; length++) {
      writeFileSync(path, bytes.subarray(0, length));
      expect(() => readCheckpointFile(path), `${length} bytes`).toThrow(/damaged/);
    }
  });

  test('a file of another kind and a damaged file have different errors', () => {
    const path = scratchFile('checkpoint.bin', 'PK something else altogether, long enough to hold a header');
    expect(() => readCheckpointFile(path)).toThrow(`${path}: not a checkpoint of this program`);
  });

  test('a temporary file of a crash does not disturb', () => {
    const { path, content } = written();
    writeFileSync(`${path}.partial`, 'half');
    expect(readCheckpointFile(path).content).toEqual(content);
    writeCheckpointFile(path, { epoch: 3 }, new Map());
    expect(readCheckpointFile(path).content).toEqual({ epoch: 3 });
  });

  test('a path that cannot be written is an error with its name', () => {
    const path = join(scratchFolder(), 'missing', 'checkpoint.bin');
    expect(() => writeCheckpointFile(path, {}, new Map())).toThrow(`${path}: cannot be written (ENOENT`);
  });
});
