import '@tensorflow/tfjs-backend-cpu';
import { orthogonal } from '@sluice/layers';
import { ORTHONORMAL_ROWS } from '@sluice/tfjs';
import type { BackendWasm } from '@tensorflow/tfjs-backend-wasm';
import * as tf from '@tensorflow/tfjs-core';
import { expect, test } from 'vitest';
import '../src/index.js';
import { sharedHeap } from '../src/tfjs/shared-memory.js';

async function weights(backend: string, shape: number[]) {
  await tf.setBackend(backend);
  return orthogonal({ seed: 3, gain: 2 }).apply(shape).data<'float32'>();
}

test.each([
  [1, 5],
  [8, 8],
  [9, 30],
  [61, 40],
  [40, 643],
])('orthogonal weights of %i×%i are those of the cpu backend, by a kernel of ours', async (rows, columns) => {
  const wanted = await weights('cpu', [rows, columns]);
  const actual = await weights('wasm', [rows, columns]);
  const worst = actual.reduce((most, value, i) => Math.max(most, Math.abs(value - wanted[i])), 0);
  expect(worst).toBeLessThan(3e-7);
  expect(tf.getKernel(ORTHONORMAL_ROWS, 'wasm')).toBeDefined();
});

test('what they are computed with is given back', async () => {
  await weights('wasm', [300, 900]);
  const heap = sharedHeap(tf.backend() as BackendWasm);
  const held = () => [tf.memory().numTensors, heap.memory.buffer.byteLength];
  const before = held();
  for (let i = 0; i < 6; i++) tf.dispose(orthogonal().apply([300, 900]));
  expect(held()).toEqual(before);
});
