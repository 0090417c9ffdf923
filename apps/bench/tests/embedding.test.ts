import { expect, test } from 'vitest';
import { createServer } from '../src/lanes/serve.js';
import type { Task } from '../src/workloads/workload.js';

// In a file of its own: where Sluice's kernels have been loaded, TensorFlow.js's layers find them too.
test('TensorFlow.js has no kernel to train an embedding on wasm', async () => {
  const form = { name: 'lstm', options: {} };
  const task: Task = { workload: 'train', shape: [5, 6, 3, 4], cell: 'lstm' };
  const serve = createServer();
  await serve({ kind: 'prepare', contender: 'tf.layers', backend: 'wasm', task, form });
  await expect(serve({ kind: 'check' })).rejects.toThrow(/UnsortedSegmentSum/);
});
