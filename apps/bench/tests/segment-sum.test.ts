import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, test } from 'vitest';
import type { CheckResult } from '../src/contenders/contender.js';
import { segmentSum } from '../src/contenders/tf-layers.js';
import { createServer } from '../src/workers/serve.js';
import { maxErrorOf, referenceOf } from '../src/workloads/reference.js';
import type { Task } from '../src/workloads/workload.js';

// In a file of its own: where Sluice's kernels have been loaded, TensorFlow.js's layers find them too.
const form = { name: 'lstm', options: {} };
const task: Task = { workload: 'train', shape: [5, 6, 3, 4], cell: 'lstm' };
const serve = createServer();

beforeAll(async () => {
  await serve({ kind: 'prepare', contender: 'tf.layers', backend: 'wasm', task, form });
});

test('tf.layers trains on wasm with a kernel of ours', async () => {
  expect(tf.getKernel('UnsortedSegmentSum', 'wasm').kernelFunc).toBe(segmentSum.kernelFunc);
  const { outputs } = (await serve({ kind: 'check' })) as CheckResult;
  expect(maxErrorOf(outputs, referenceOf(task, form).expected)).toBeLessThan(2e-6);
});

describe('the kernel', () => {
  test('sums the rows of a segment and drops rows without a segment', () => {
    const rows = tf.tensor2d([1, 2, 10, 20, 100, 200, 1000, 2000, 5, 6], [5, 2]);
    const sums = tf.unsortedSegmentSum(rows, tf.tensor1d([2, 0, 2, 3, -1], 'int32'), 3);
    expect(sums.shape).toEqual([3, 2]);
    expect([...sums.dataSync()]).toEqual([10, 20, 0, 0, 101, 202]);
  });

  test('takes ids of several dimensions and rows of several or none', () => {
    const ids = tf.tensor2d([1, 0, 1, 1], [2, 2], 'int32');
    const call = (x: tf.Tensor) =>
      tf.engine().runKernel('UnsortedSegmentSum', { x, segmentIds: ids }, { numSegments: 2 }) as tf.Tensor;
    expect([...call(tf.tensor2d([1, 2, 3, 4], [2, 2])).dataSync()]).toEqual([2, 8]);
    const matrices = call(tf.tensor4d([1, 2, 3, 4, 5, 6, 7, 8], [2, 2, 1, 2]));
    expect(matrices.shape).toEqual([2, 1, 2]);
    expect([...matrices.dataSync()]).toEqual([3, 4, 13, 16]);
  });

  test('starts from zero in used memory', () => {
    for (let i = 0; i < 3; i++) {
      const dirty = tf.fill([2, 2], 7);
      dirty.dispose();
      const sums = tf.unsortedSegmentSum(tf.ones([1, 2]), tf.tensor1d([0], 'int32'), 2);
      expect([...sums.dataSync()]).toEqual([1, 1, 0, 0]);
      sums.dispose();
    }
  });
});
