import { describe, expect, test } from 'vitest';
import { chunksOf } from '../src/engine/chunks.js';
import { slicesOf } from '../src/engine/kernels/multiply.js';
import { chooseStrategy } from '../src/engine/strategy.js';

/** WebGPU's default limits. */
const LIMITS = {
  maxComputeWorkgroupStorageSize: 16_384,
  maxComputeInvocationsPerWorkgroup: 256,
  maxComputeWorkgroupSizeX: 256,
};
const GPU = { limits: LIMITS, isSoftware: false };
const SOFTWARE = { limits: LIMITS, isSoftware: true };

/** A GRU of so many units: three products of the state, which is held twice. */
const gru = (units: number) => ({ units, multiplications: 3 * units * units, heldBlocks: 2 });

describe('the strategy', () => {
  test('without products of states is a thread for each number', () => {
    expect(chooseStrategy({ units: 64, multiplications: 0, heldBlocks: 0 }, GPU)).toEqual({
      kind: 'elementwise',
    });
  });

  test('for small layers is one dispatch, with a thread per unit and four rows together', () => {
    expect(chooseStrategy(gru(128), GPU)).toEqual({
      kind: 'resident',
      rows: 4,
      threads: 128,
      together: 1,
      held: 1024,
    });
    expect(chooseStrategy(gru(3), GPU)).toMatchObject({ kind: 'resident', threads: 64 });
  });

  test('for large layers is a dispatch per step', () => {
    expect(chooseStrategy(gru(295), GPU)).toMatchObject({ kind: 'resident', threads: 256 });
    expect(chooseStrategy(gru(296), GPU)).toEqual({ kind: 'stepwise' });
  });

  test('may be asked for, up to 1,024 units and more', () => {
    expect(chooseStrategy(gru(8), GPU, 'stepwise')).toEqual({ kind: 'stepwise' });
    expect(chooseStrategy(gru(512), GPU, 'resident')).toMatchObject({ rows: 4, held: 1024 });
    expect(chooseStrategy(gru(1024), GPU, 'resident')).toMatchObject({
      rows: 1,
      threads: 256,
      held: 4096,
    });
    expect(() => chooseStrategy(gru(2049), GPU, 'resident')).toThrow(
      /'resident' needs 16392 bytes of workgroup memory for 2049 units, but the device has 16384.*'stepwise'/,
    );
  });

  test('uses what a larger device has', () => {
    const limits = {
      maxComputeWorkgroupStorageSize: 65_536,
      maxComputeInvocationsPerWorkgroup: 1024,
      maxComputeWorkgroupSizeX: 1024,
    };
    expect(chooseStrategy(gru(1024), { limits, isSoftware: false }, 'resident')).toEqual({
      kind: 'resident',
      rows: 4,
      threads: 1024,
      together: 1,
      held: 2048,
    });
  });

  test('never has more threads than the device allows, a power of two', () => {
    const limits = { ...LIMITS, maxComputeWorkgroupSizeX: 100 };
    expect(chooseStrategy(gru(128), { limits, isSoftware: false })).toMatchObject({ threads: 64 });
  });

  test('on a software adapter has few threads, which do much', () => {
    expect(chooseStrategy(gru(128), SOFTWARE)).toEqual({
      kind: 'resident',
      rows: 4,
      threads: 32,
      together: 4,
      held: 1024,
    });
    expect(chooseStrategy(gru(3), SOFTWARE)).toMatchObject({ threads: 16, together: 1 });
    expect(chooseStrategy(gru(290), SOFTWARE)).toMatchObject({ rows: 4, threads: 128 });
    expect(chooseStrategy(gru(1024), SOFTWARE, 'resident')).toMatchObject({ rows: 1, threads: 256 });
  });
});

describe('chunks of a sequence', () => {
  const work = { timesteps: 10, numbersPerStep: 1, workPerStep: 1 };

  test('one, where everything is small', () => {
    expect(chunksOf(work, true)).toEqual([{ position: 0, positions: 10, start: 0 }]);
  });

  test('cover the sequence in the order of processing, with time and against it', () => {
    const long = { ...work, workPerStep: 5e7 / 4 };
    expect(chunksOf(long, true)).toEqual([
      { position: 0, positions: 4, start: 0 },
      { position: 4, positions: 4, start: 4 },
      { position: 8, positions: 2, start: 8 },
    ]);
    expect(chunksOf(long, false)).toEqual([
      { position: 0, positions: 4, start: 6 },
      { position: 4, positions: 4, start: 2 },
      { position: 8, positions: 2, start: 0 },
    ]);
  });

  test('a step at least, however much it is', () => {
    expect(chunksOf({ ...work, numbersPerStep: 2 ** 30 }, true)).toHaveLength(10);
  });
});

describe('the depth of a product', () => {
  test('is cut where there are few tiles and it is deep', () => {
    expect(slicesOf({ rows: 128, columns: 384, depth: 3200 })).toBe(11);
    expect(slicesOf({ rows: 128, columns: 384, depth: 511 })).toBe(1);
    expect(slicesOf({ rows: 3200, columns: 384, depth: 3200 })).toBe(1);
  });
});
