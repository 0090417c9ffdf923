import type { BackendWasm } from '@tensorflow/tfjs-backend-wasm';
import * as tf from '@tensorflow/tfjs-core';
import { expect, test } from 'vitest';
import '../../src/index.js';
import { sharedHeap } from '../../src/tfjs/shared-memory.js';

test('a full memory is an error, and no tensor in it changes', async () => {
  await tf.setBackend('wasm');
  const heap = sharedHeap(tf.backend() as BackendWasm);
  const kept = tf.range(0, 1000);
  const pieces: number[] = [];
  const fill = () => {
    while (pieces.length < 32) pieces.push(heap.allocate(2 ** 28));
  };
  expect(fill).toThrow(/memory has .* MB, of at most 4 GB, and no room for 256\.0 MB more: dispose tensors/);
  const before = [tf.memory().numTensors, tf.memory().numBytes];
  // TensorFlow.js would write to the address 0.
  expect(() => tf.tensor1d(new Float32Array(2 ** 26))).toThrow(/no room for 256\.0 MB more/);
  expect(() => tf.tile(kept, [2 ** 17])).toThrow(/no room for 500\.0 MB more/);
  expect([tf.memory().numTensors, tf.memory().numBytes]).toEqual(before);
  for (const piece of pieces) heap.release(piece);
  expect([...(await kept.data())]).toEqual(Array.from({ length: 1000 }, (_, i) => i));
  expect((await tf.sum(kept).data())[0]).toBe(499_500);
});
