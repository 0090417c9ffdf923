import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { createWebgpuBackend, type WebgpuBackend } from '../src/engine.js';
import { softwareDevice } from './software-device.js';

describe('downloads', () => {
  let backend: WebgpuBackend;
  beforeAll(async () => {
    backend = await createWebgpuBackend({ device: await softwareDevice('default') });
  });
  afterAll(() => backend.device.destroy());

  const upload = (...values: number[]) => backend.upload(Float32Array.from(values));

  test('that are requested together share one submission, and each returns its own numbers', async () => {
    const submit = vi.spyOn(backend.device.queue, 'submit');
    const buffers = [upload(1, 2, 3), upload(), upload(4), upload(5, 6)];
    const before = submit.mock.calls.length;
    const numbers = await Promise.all(buffers.map((buffer) => backend.download(buffer)));
    expect(numbers.map((values) => [...values])).toEqual([[1, 2, 3], [], [4], [5, 6]]);
    // Separate arrays: one can be changed or transferred to a worker without the others.
    expect(new Set(numbers.map(({ buffer }) => buffer)).size).toBe(4);
    expect(submit.mock.calls.length - before).toBe(1);
    submit.mockRestore();
  });

  test('return the numbers at the time of the request, even if the buffer is reused at once', async () => {
    const first = upload(1, 2, 3);
    const { memory } = first;
    const download = backend.download(first);
    backend.release(first);
    const second = upload(7, 8, 9);
    expect(second.memory?.buffer).toBe(memory?.buffer);
    expect([...(await download)]).toEqual([1, 2, 3]);
    expect([...(await backend.download(second))]).toEqual([7, 8, 9]);
  });

  test('return numbers even if the backend and the buffer are destroyed at once', async () => {
    const other = await createWebgpuBackend({ device: backend.device });
    const numbers = other.upload(Float32Array.of(1, 2));
    const download = other.download(numbers);
    other.release(numbers);
    other.dispose();
    expect([...(await download)]).toEqual([1, 2]);
  });

  test('use several buffers when one would exceed maxBufferSize', async () => {
    const large = backend.upload(new Float32Array(2 ** 25).fill(3));
    const numbers = await Promise.all([1, 2, 3].map(() => backend.download(large)));
    for (const values of numbers) expect([values.length, values[0], values.at(-1)]).toEqual([2 ** 25, 3, 3]);
    backend.release(large);
  });
});
