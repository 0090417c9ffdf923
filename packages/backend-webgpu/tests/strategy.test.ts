import { describe, expect, test } from 'vitest';
import { splitIntoChunks } from '../src/engine/chunks.js';
import { countSlices } from '../src/engine/kernels/multiply.js';
import { chooseTiling } from '../src/engine/kernels/multiply-kernel.js';
import { chooseStrategy, takesParallel } from '../src/engine/strategy.js';

/** WebGPU's default limits. */
const LIMITS = {
  maxComputeWorkgroupStorageSize: 16_384,
  maxComputeInvocationsPerWorkgroup: 256,
  maxComputeWorkgroupSizeX: 256,
};
const GPU = { limits: LIMITS, isSoftware: false, subgroups: true };
const SOFTWARE = { limits: LIMITS, isSoftware: true, subgroups: true };

/** A GRU of so many units: three products of the state, which has two places. */
const gru = (units: number) => ({
  units,
  isElementwise: false,
  multiplications: 3 * units * units,
  operandNumbers: 2 * units,
  depths: [units],
});

describe('the strategy', () => {
  test('without products of states is a thread for each number', () => {
    const sizes = { units: 64, isElementwise: true, multiplications: 0, operandNumbers: 0, depths: [] };
    expect(chooseStrategy(sizes, GPU)).toEqual({ kind: 'elementwise' });
  });

  test('for small layers is one dispatch, with a thread per unit and four rows together', () => {
    const without = { ...GPU, subgroups: false };
    expect(chooseStrategy(gru(128), without)).toEqual({
      kind: 'resident',
      rows: 4,
      threads: 128,
      together: 1,
      quads: 'none',
      capacity: 1024,
    });
    expect(chooseStrategy(gru(3), without)).toMatchObject({ kind: 'resident', threads: 64 });
  });

  test('has a quad per unit on GPUs with subgroups, as long as there are more threads than units', () => {
    expect(chooseStrategy(gru(50), GPU)).toEqual({
      kind: 'resident',
      rows: 4,
      threads: 256,
      together: 1,
      quads: 'unit',
      capacity: 1023,
    });
    expect(chooseStrategy(gru(3), GPU)).toMatchObject({ threads: 64, quads: 'unit' });
    expect(chooseStrategy(gru(255), GPU)).toMatchObject({ threads: 256, quads: 'unit' });
    expect(chooseStrategy(gru(256), GPU)).toMatchObject({ threads: 256, quads: 'none' });
  });

  test('leaves memory for numbering quads', () => {
    const limits = { ...LIMITS, maxComputeInvocationsPerWorkgroup: 1024, maxComputeWorkgroupSizeX: 1024 };
    const device = { ...GPU, limits };
    expect(chooseStrategy(gru(511), device, 'resident')).toMatchObject({ quads: 'unit', capacity: 1023 });
    expect(chooseStrategy(gru(512), device, 'resident')).toMatchObject({ quads: 'none', capacity: 1024 });
  });

  test('for large layers is a dispatch per step', () => {
    expect(chooseStrategy(gru(295), GPU)).toMatchObject({ kind: 'resident', threads: 256 });
    expect(chooseStrategy(gru(296), GPU)).toEqual({ kind: 'stepwise' });
  });

  test('can be chosen, up to 1,024 units and more', () => {
    expect(chooseStrategy(gru(8), GPU, 'stepwise')).toEqual({ kind: 'stepwise' });
    expect(chooseStrategy(gru(512), GPU, 'resident')).toMatchObject({ rows: 4, capacity: 1024 });
    expect(chooseStrategy(gru(1024), GPU, 'resident')).toMatchObject({
      rows: 1,
      threads: 256,
      capacity: 4096,
    });
    expect(() => chooseStrategy(gru(2049), GPU, 'resident')).toThrow(
      /'resident' needs 16392 bytes of workgroup memory for 2049 units, but the device has 16384.*'stepwise'/,
    );
  });

  test('uses the limits of a larger device', () => {
    const limits = {
      maxComputeWorkgroupStorageSize: 65_536,
      maxComputeInvocationsPerWorkgroup: 1024,
      maxComputeWorkgroupSizeX: 1024,
    };
    expect(chooseStrategy(gru(1024), { ...GPU, limits }, 'resident')).toEqual({
      kind: 'resident',
      rows: 4,
      threads: 1024,
      together: 1,
      quads: 'none',
      capacity: 2048,
    });
  });

  test('never has more threads than the device allows, a power of two', () => {
    const limits = { ...LIMITS, maxComputeWorkgroupSizeX: 100 };
    expect(chooseStrategy(gru(128), { ...GPU, limits })).toMatchObject({ threads: 64 });
  });

  test('on a software adapter has few threads with much work each', () => {
    expect(chooseStrategy(gru(128), SOFTWARE)).toEqual({
      kind: 'resident',
      rows: 8,
      threads: 32,
      together: 4,
      quads: 'reading',
      capacity: 512,
    });
    const small = { rows: 4, threads: 32, together: 1, quads: 'none' };
    expect(chooseStrategy(gru(3), SOFTWARE)).toMatchObject(small);
    expect(chooseStrategy(gru(32), SOFTWARE)).toMatchObject(small);
    expect(chooseStrategy(gru(48), SOFTWARE)).toMatchObject({ rows: 8, threads: 32, together: 4 });
    expect(chooseStrategy(gru(290), SOFTWARE)).toMatchObject({ rows: 4, threads: 32 });
    expect(chooseStrategy(gru(1024), SOFTWARE, 'resident')).toMatchObject({ rows: 1, threads: 32 });
  });

  test('reads in quads on software where there are subgroups, and a multiple of four units to share out', () => {
    const without = { ...SOFTWARE, subgroups: false };
    expect(chooseStrategy(gru(128), without)).toMatchObject({ rows: 8, together: 4, quads: 'none' });
    expect(chooseStrategy(gru(126), SOFTWARE)).toMatchObject({ rows: 8, together: 4, quads: 'none' });
  });
});

describe('all steps at once', () => {
  const sizes = { threads: 64, isElementwise: true, stepsAtOnce: 1000 };

  test('are for a GPU that an elementwise loop leaves idle', () => {
    expect(takesParallel(sizes, GPU)).toBe(true);
    expect(takesParallel({ ...sizes, threads: 8192 }, GPU)).toBe(false);
    expect(takesParallel(sizes, SOFTWARE)).toBe(false);
  });

  test('are for every device and batch if the steps have products or operations on whole rows', () => {
    const others = { ...sizes, isElementwise: false };
    expect(takesParallel({ ...others, threads: 2 ** 20 }, GPU)).toBe(true);
    expect(takesParallel(others, SOFTWARE)).toBe(true);
  });

  test('need many steps, which fit into memory together', () => {
    for (const isElementwise of [true, false]) {
      expect(takesParallel({ ...sizes, isElementwise, stepsAtOnce: 63 }, GPU)).toBe(false);
      expect(takesParallel({ ...sizes, isElementwise, stepsAtOnce: 64 }, GPU)).toBe(true);
    }
  });
});

describe('chunks of a sequence', () => {
  const work = { timesteps: 10, numbersPerStep: 1, depth: 1, workPerStep: 1 };

  test('are one if everything is small', () => {
    expect(splitIntoChunks(work, 1)).toEqual([{ first: 0, count: 10 }]);
  });

  test('cover the sequence in the order of the loop, forward and back', () => {
    const long = { ...work, workPerStep: 5e7 / 4 };
    expect(splitIntoChunks(long, 1)).toEqual([
      { first: 0, count: 4 },
      { first: 4, count: 4 },
      { first: 8, count: 2 },
    ]);
    expect(splitIntoChunks(long, -1)).toEqual([
      { first: 6, count: 4 },
      { first: 2, count: 4 },
      { first: 0, count: 2 },
    ]);
  });

  test('limit the work of one matrix product', () => {
    const wide = { ...work, numbersPerStep: 2 ** 18, depth: 2 ** 14 };
    expect(splitIntoChunks(wide, 1).map(({ count }) => count)).toEqual([2, 2, 2, 2, 2]);
  });

  test('have at least one step, whatever its work', () => {
    expect(splitIntoChunks({ ...work, numbersPerStep: 2 ** 30 }, 1)).toHaveLength(10);
  });
});

describe('the depth of a product', () => {
  test('is split if tiles are few and the depth is large', () => {
    const onGpu = chooseTiling(GPU);
    expect(countSlices({ rows: 128, columns: 384, depth: 3200 }, onGpu)).toBe(11);
    expect(countSlices({ rows: 128, columns: 384, depth: 511 }, onGpu)).toBe(1);
    expect(countSlices({ rows: 3200, columns: 384, depth: 3200 }, onGpu)).toBe(1);
    expect(countSlices({ rows: 128, columns: 384, depth: 3200 }, chooseTiling(SOFTWARE))).toBe(6);
  });
});

describe('the tiling of a product', () => {
  test('is in quads on a software adapter with subgroups', () => {
    expect(chooseTiling(SOFTWARE)).toMatchObject({ rows: 16, down: 1, quads: true });
    expect(chooseTiling({ ...SOFTWARE, subgroups: false })).toEqual(chooseTiling(GPU));
    expect(chooseTiling(GPU)).toMatchObject({ rows: 8, quads: false });
  });
});
