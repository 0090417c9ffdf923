import '@tensorflow/tfjs-backend-cpu';
import * as tf from '@tensorflow/tfjs-core';
import { getKernel, type KernelFunc, type Tensor } from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, test } from 'vitest';

const REPLACED = [
  'Add',
  'Sub',
  'Multiply',
  'RealDiv',
  'Sqrt',
  'Square',
  'GatherV2',
  'Slice',
  'UnsortedSegmentSum',
];
const originals = new Map<string, KernelFunc>();

beforeAll(async () => {
  await tf.setBackend('cpu');
  for (const name of REPLACED)
    originals.set(name, (getKernel(name, 'cpu') as { kernelFunc: KernelFunc }).kernelFunc);
  await import('../src/index.js');
});

/** What TensorFlow.js's own kernel gives. */
function original(name: string, inputs: Record<string, Tensor>, attrs = {}): Tensor {
  const kernel = originals.get(name) as KernelFunc;
  const info = kernel({ inputs, attrs, backend: tf.backend() });
  return tf.engine().makeTensorFromTensorInfo(Array.isArray(info) ? info[0] : info);
}

function expectSame(actual: Tensor, wanted: Tensor) {
  expect(actual.shape).toEqual(wanted.shape);
  expect(actual.dtype).toBe(wanted.dtype);
  const difference = [...actual.dataSync()].map((value, i) => value - wanted.dataSync()[i]);
  const bits = (t: Tensor) => [...new Uint8Array(t.dataSync().slice().buffer)];
  expect(bits(actual), `differences ${difference.filter((d) => d !== 0).slice(0, 5)}`).toEqual(bits(wanted));
}

describe('element-wise kernels give the very bits of TensorFlow.js', () => {
  const values = [1.5, -2, 0, 1e-20, Number.POSITIVE_INFINITY, Number.NaN];
  for (const name of ['Add', 'Sub', 'Multiply', 'RealDiv']) {
    const pairs: Record<string, () => [Tensor, Tensor]> = {
      'one shape': () => [tf.tensor2d(values, [2, 3]), tf.tensor2d([3, 0.1, -0, 7, 2, 1], [2, 3])],
      'a number on the right': () => [tf.tensor1d(values), tf.scalar(0.1)],
      'a number on the left': () => [tf.scalar(-3), tf.tensor1d(values)],
      'two numbers': () => [tf.scalar(0.3), tf.scalar(0.7)],
      broadcasting: () => [tf.tensor2d(values, [2, 3]), tf.tensor1d([1, 2, 3])],
      'an array of one and a matrix': () => [tf.tensor1d([0.1]), tf.tensor2d(values, [3, 2])],
      'whole numbers': () => [tf.tensor1d([5, 6], 'int32'), tf.tensor1d([2, 4], 'int32')],
      nothing: () => [tf.zeros([0, 3]), tf.zeros([0, 3])],
    };
    for (const [what, make] of Object.entries(pairs)) {
      test(`${name}, ${what}`, () => {
        const [a, b] = make();
        expectSame(tf.engine().runKernel(name, { a, b }) as Tensor, original(name, { a, b }));
      });
    }
  }
  for (const name of ['Sqrt', 'Square']) {
    test(name, () => {
      const x = tf.tensor1d([0, 2, 1e-30, -1, Number.NaN]);
      expectSame(tf.engine().runKernel(name, { x }) as Tensor, original(name, { x }));
    });
  }
});

describe('rows', () => {
  test('gather takes rows of tables of any rank', () => {
    const table = tf.reshape(tf.range(0, 24), [4, 2, 3]);
    const indices = tf.tensor2d([3, 0, 1, 3], [2, 2], 'int32');
    const result = tf.gather(table, indices);
    const wanted = tf.concat([3, 0, 1, 3].map((row) => tf.slice(table, [row, 0, 0], [1, 2, 3])));
    expect(result.shape).toEqual([2, 2, 2, 3]);
    expect([...result.dataSync()]).toEqual([...wanted.dataSync()]);
  });

  test('gather along another axis is TensorFlow.js’s', () => {
    const result = tf.gather(tf.tensor2d([1, 2, 3, 4, 5, 6], [2, 3]), tf.tensor1d([2, 0], 'int32'), 1);
    expect([...result.dataSync()]).toEqual([3, 1, 6, 4]);
  });

  test('gather names an index outside of the table', () => {
    const table = tf.zeros([4, 2]);
    expect(() => tf.gather(table, tf.tensor1d([1, 4], 'int32'))).toThrow('index value 4 is not in [0, 3]');
    expect(() => tf.gather(table, tf.tensor1d([-1], 'int32'))).toThrow('index value -1');
  });

  test('slice cuts out what TensorFlow.js cuts out', () => {
    const x = tf.reshape(tf.range(0, 60), [3, 4, 5]);
    const cuts: [number[], number[]][] = [
      [
        [0, 3, 0],
        [3, 1, 5],
      ],
      [
        [1, 0, 2],
        [2, 4, 3],
      ],
      [
        [1, 1, 1],
        [-1, 2, -1],
      ],
      [
        [0, 0, 0],
        [3, 4, 5],
      ],
      [
        [2, 1, 4],
        [1, 1, 1],
      ],
      [
        [0, 0, 5],
        [3, 4, 0],
      ],
    ];
    for (const [begin, size] of cuts) {
      expectSame(tf.slice(x, begin, size), original('Slice', { x }, { begin, size }));
    }
    const row = tf.range(0, 7);
    expectSame(tf.slice(row, 2, 3), original('Slice', { x: row }, { begin: [2], size: [3] }));
    expect(() => tf.slice(x, [0, 0, 3], [3, 4, 5])).toThrow(/begin\[2\]/);
  });

  test('segment sum adds rows up and drops those without a segment', () => {
    const rows = tf.tensor2d([1, 2, 10, 20, 100, 200, 5, 6], [4, 2]);
    const result = tf.unsortedSegmentSum(rows, tf.tensor1d([2, 0, 2, -1], 'int32'), 4);
    expect(result.shape).toEqual([4, 2]);
    expect([...result.dataSync()]).toEqual([10, 20, 0, 0, 101, 202, 0, 0]);
  });

  test('segment sum agrees with TensorFlow.js', () => {
    const x = tf.tensor2d([1, 2, 3, 4, 5, 6], [3, 2], 'int32');
    const segmentIds = tf.tensor1d([1, 1, 0], 'int32');
    const inputs = { x, segmentIds };
    expectSame(
      tf.unsortedSegmentSum(x, segmentIds, 2),
      original('UnsortedSegmentSum', inputs, { numSegments: 2 }),
    );
  });
});
