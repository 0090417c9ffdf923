import { createCpuBackend } from '@sluice/backend-cpu/engine';
import { cells, planFor } from '@sluice/core';
import { RECURRENT, RECURRENT_GRADIENT } from '@sluice/tfjs';
import type { BackendWasm } from '@tensorflow/tfjs-backend-wasm';
import '@tensorflow/tfjs-backend-wasm';
import * as tf from '@tensorflow/tfjs-core';
import { getKernel, type KernelFunc, type Tensor } from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, test } from 'vitest';
import { sharedHeap } from '../../src/tfjs/shared-memory.js';

const originals = new Map<string, KernelFunc>();

beforeAll(async () => {
  for (const name of ['BatchMatMul', '_FusedMatMul']) {
    originals.set(name, (getKernel(name, 'wasm') as { kernelFunc: KernelFunc }).kernelFunc);
  }
  // On one thread the kernels work on TensorFlow.js's own memory.
  (await import('../../src/index.js')).setThreadsCount(1);
  expect(await tf.setBackend('wasm')).toBe(true);
});

const wave = (shape: number[], scale = 1) =>
  tf.tensor(
    Float32Array.from(
      { length: shape.reduce((a, b) => a * b, 1) },
      (_, i) => scale * Math.sin(i * 1.7 + 0.3),
    ),
    shape,
  );

function expectClose(actual: Tensor, wanted: Tensor) {
  expect(actual.shape).toEqual(wanted.shape);
  const [a, b] = [actual.dataSync(), wanted.dataSync()];
  const worst = Math.max(...a.map((value, i) => Math.abs(value - b[i]) / Math.max(1, Math.abs(b[i]))));
  expect(worst).toBeLessThan(2e-5);
}

describe('matrix products', () => {
  const shapes: [string, number[], number[]][] = [
    ['matrices', [7, 5], [5, 19]],
    ['one row', [1, 40], [40, 3]],
    ['deep', [18, 500], [500, 33]],
    ['a batch', [3, 6, 5], [3, 5, 9]],
    ['two batch sizes', [2, 3, 4, 5], [2, 3, 5, 6]],
    ['a batch times one matrix', [3, 6, 5], [1, 5, 9]],
  ];
  const turned = (shape: number[]) => [...shape.slice(0, -2), ...shape.slice(-2).reverse()];
  for (const [what, left, right] of shapes) {
    for (const [transposeA, transposeB] of [
      [true, false],
      [false, true],
      [true, true],
      [false, false],
    ]) {
      test(`${what}, transposed ${transposeA} ${transposeB}: as TensorFlow.js`, () => {
        const a = wave(transposeA ? turned(left) : left);
        const b = wave(transposeB ? turned(right) : right, 0.7);
        const inputs = { a, b };
        const attrs = { transposeA, transposeB };
        const original = (originals.get('BatchMatMul') as KernelFunc)({
          inputs,
          attrs,
          backend: tf.backend(),
        });
        const wanted = tf.engine().makeTensorFromTensorInfo(original as tf.TensorInfo);
        expectClose(tf.matMul(a, b, transposeA, transposeB), wanted);
      });
    }
  }

  test('with bias and activation TensorFlow.js computes it', () => {
    const [a, b, bias] = [wave([4, 5]), wave([5, 3]), wave([3])];
    const fused = tf.fused.matMul({ a, b, bias, activation: 'relu' });
    expectClose(fused, tf.relu(tf.add(tf.matMul(a, b), bias)));
    const plain = tf.fused.matMul({ a: tf.transpose(a), b, transposeA: true });
    expectClose(plain, tf.matMul(a, b));
  });

  test('inner sizes that do not fit are refused', () => {
    const inputs = { a: wave([4, 3]), b: wave([5, 2]) };
    const attrs = { transposeA: true, transposeB: false };
    expect(() => tf.engine().runKernel('BatchMatMul', inputs, attrs)).toThrow(/inner sizes 4 and 5/);
  });
});

describe('segment sums', () => {
  test('rows of one segment are summed, rows without a segment dropped', () => {
    const rows = tf.tensor2d([1, 2, 3, 4, 5, 10, 20, 30, 40, 50, 5, 6, 7, 8, 9, 1, 1, 1, 1, 1], [4, 5]);
    const sums = tf.unsortedSegmentSum(rows, tf.tensor1d([2, 2, -1, 0], 'int32'), 3);
    expect([...sums.dataSync()]).toEqual([1, 1, 1, 1, 1, 0, 0, 0, 0, 0, 11, 22, 33, 44, 55]);
  });

  test('used memory has no effect', () => {
    tf.dispose(tf.fill([50, 50], 7));
    expect(
      tf
        .unsortedSegmentSum(wave([1, 50]), tf.tensor1d([60], 'int32'), 50)
        .dataSync()
        .every((v) => v === 0),
    ).toBe(true);
  });
});

describe('rows', () => {
  test('gather takes rows of tables of any rank', () => {
    const table = tf.reshape(tf.range(0, 24), [4, 2, 3]);
    const result = tf.gather(table, tf.tensor2d([3, 0, 1, 3], [2, 2], 'int32'));
    const wanted = tf.concat([3, 0, 1, 3].map((row) => tf.slice(table, [row, 0, 0], [1, 2, 3])));
    expect(result.shape).toEqual([2, 2, 2, 3]);
    expect([...result.dataSync()]).toEqual([...wanted.dataSync()]);
  });

  test('TensorFlow.js computes gather along another axis and of whole numbers', () => {
    const indices = tf.tensor1d([2, 0], 'int32');
    const table = tf.tensor2d([1, 2, 3, 4, 5, 6], [2, 3]);
    expect([...tf.gather(table, indices, 1).dataSync()]).toEqual([3, 1, 6, 4]);
    expect([...tf.gather(tf.tensor1d([7, 8, 9], 'int32'), indices).dataSync()]).toEqual([9, 7]);
  });

  test('gather refuses an index outside of the table and keeps no memory', () => {
    const table = tf.zeros([4, 2]);
    const before = tf.engine().backend.numDataIds();
    const wrong = tf.tensor1d([1, 4], 'int32');
    expect(() => tf.gather(table, wrong)).toThrow('index value 4 is not in [0, 3]');
    wrong.dispose();
    expect(tf.engine().backend.numDataIds()).toBe(before);
    expect(() => tf.gather(table, tf.tensor1d([-1], 'int32'))).toThrow('index value -1');
  });
});

describe('recurrent kernels', () => {
  const [batch, timesteps] = [3, 5];
  const plan = planFor(cells.gru({ resetAfter: true }), { inputSize: 4, units: 6 });
  const attrs = { plan, reverse: false, maskedOutput: 'repeat', keep: true } as const;

  test('agree with the cpu engine, and leave no tensor behind', () => {
    const cpu = createCpuBackend();
    const upload = (t: Tensor) => cpu.upload(t.dataSync<'float32'>());
    const x = wave([batch, timesteps, 4]);
    const parameters = plan.parameters.map(({ shape }) => wave([...shape], 0.4));
    const state = wave([batch, 6]);
    const inputs: Record<string, Tensor> = { x, state0: state };
    parameters.forEach((parameter, i) => {
      inputs[`parameter${i}`] = parameter;
    });
    const before = tf.memory().numTensors;
    const run = (name: string, given: Record<string, Tensor>) =>
      tf.engine().runKernel(name, given, attrs as never) as Tensor[];
    const [sequence, finalState, saved] = run(RECURRENT, inputs);
    const dSequence = wave([batch, timesteps, 6], 0.5);
    const dState0 = tf.zeros([batch, 6]);
    const gradient = run(RECURRENT_GRADIENT, { ...inputs, sequence, saved, dSequence, dState0 });

    const given = {
      batch,
      timesteps,
      x: upload(x),
      parameters: parameters.map(upload),
      initialStates: [upload(state)],
    };
    const result = cpu.forward(plan, given, true);
    const wanted = cpu.gradient(plan, given, result, { sequence: upload(dSequence) });
    const pairs: [Tensor, typeof wanted.x][] = [
      [sequence, result.sequence],
      [finalState, result.states[0]],
      [gradient[0], wanted.x],
      ...wanted.parameters.map((values, i): (typeof pairs)[0] => [gradient[1 + i], values]),
      [gradient[1 + plan.parameters.length], wanted.initialStates[0]],
    ];
    for (const [actual, { memory }] of pairs) {
      expectClose(actual, tf.tensor(memory as Float32Array, actual.shape));
    }
    tf.dispose([sequence, finalState, saved, dSequence, dState0, gradient]);
    for (const [actual] of pairs) expect(actual.isDisposed).toBe(true);
    expect(tf.memory().numTensors).toBeLessThanOrEqual(before + pairs.length);
  });

  test('the packed form of a weight is released with its tensor, and new weights are used', async () => {
    const heap = sharedHeap(tf.backend() as BackendWasm);
    const x = wave([batch, timesteps, 4]);
    const state0 = wave([batch, 6]);
    const outputs: string[] = [];
    const sizes: number[] = [];
    for (let i = 0; i < 1000; i++) {
      const weights = plan.parameters.map(({ shape }) => tf.fill([...shape], i % 2 ? 0.1 : 0.2));
      const inputs: Record<string, Tensor> = { x, state0 };
      for (const [p, weight] of weights.entries()) inputs[`parameter${p}`] = weight;
      const results = tf.engine().runKernel(RECURRENT, inputs, attrs as never) as Tensor[];
      if (i < 4) outputs.push((await results[0].data()).join());
      tf.dispose([results, weights]);
      if (i === 10 || i === 999) sizes.push(heap.memory.buffer.byteLength, probeOf(heap));
    }
    expect(outputs[0]).not.toBe(outputs[1]);
    expect(outputs.slice(2)).toEqual(outputs.slice(0, 2));
    expect(sizes.slice(2)).toEqual(sizes.slice(0, 2));
  });

  test('TensorFlow.js’s memory does not grow over a thousand calls', () => {
    const heap = sharedHeap(tf.backend() as BackendWasm);
    const inputs: Record<string, Tensor> = { x: wave([batch, timesteps, 4]), state0: wave([batch, 6]) };
    plan.parameters.forEach(({ shape }, i) => {
      inputs[`parameter${i}`] = wave([...shape]);
    });
    const run = () => tf.dispose(tf.engine().runKernel(RECURRENT, inputs, attrs as never) as Tensor[]);
    for (let i = 0; i < 10; i++) run();
    const [size, place] = [heap.memory.buffer.byteLength, probeOf(heap)];
    for (let i = 0; i < 1000; i++) run();
    expect([heap.memory.buffer.byteLength, probeOf(heap)]).toEqual([size, place]);
  });
});

/** Where a large piece of a memory would begin: it moves when anything is left behind. */
function probeOf(heap: ReturnType<typeof sharedHeap>): number {
  const address = heap.allocate(1_000_000);
  heap.release(address);
  return address;
}

test('a clone shares the memory and outlives its original', async () => {
  const first = wave([3, 5]);
  const expected = await first.data();
  const { numDataBuffers } = tf.memory();
  const clone = first.clone();
  expect(tf.memory().numDataBuffers).toBe(numDataBuffers);
  const wasm = tf.backend() as BackendWasm;
  expect(wasm.getMemoryOffset(clone.dataId)).toBe(wasm.getMemoryOffset(first.dataId));
  first.dispose();
  const other = tf.fill([3, 5], 7);
  expect(await clone.data()).toEqual(expected);
  tf.dispose([clone, other]);
  expect(await tf.tensor(['a', 'b']).clone().data()).toEqual(['a', 'b']);
});

describe('the start refuses', () => {
  const fake = (wasm: object) => ({ wasm }) as unknown as BackendWasm;
  test('an unknown version', () => {
    expect(() => sharedHeap(tf.backend() as BackendWasm, '5.0.0')).toThrow(
      /does not know @tensorflow\/tfjs-backend-wasm 5\.0\.0.*Install .* 4\.17\.0 to 4\.22\.0,/,
    );
  });
  test('an unreachable memory', () => {
    expect(() => sharedHeap(fake({ _malloc: () => 8, _free: () => {} }))).toThrow(
      /cannot reach the memory.*Install/,
    );
  });
  test('a full memory', () => {
    const wasmMemory = new WebAssembly.Memory({ initial: 1 });
    const heap = sharedHeap(fake({ wasmMemory, _malloc: () => 0, _free: () => {} }));
    expect(() => heap.allocate(5)).toThrow(/has 0\.1 MB, .* no room for 0\.0 MB more: dispose tensors/);
  });
});
