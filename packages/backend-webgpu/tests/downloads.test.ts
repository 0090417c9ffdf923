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

  test('that are asked for at the same time travel together, each to who asked', async () => {
    const submit = vi.spyOn(backend.device.queue, 'submit');
    const buffers = [upload(1, 2, 3), upload(), upload(4), upload(5, 6)];
    const before = submit.mock.calls.length;
    const numbers = await Promise.all(buffers.map((buffer) => backend.download(buffer)));
    expect(numbers.map((each) => [...each])).toEqual([[1, 2, 3], [], [4], [5, 6]]);
    // Each may be kept, changed or handed to a worker without the others.
    expect(new Set(numbers.map(({ buffer }) => buffer)).size).toBe(4);
    expect(submit.mock.calls.length - before).toBe(1);
    submit.mockRestore();
  });

  test('bring what was there when they were asked for, though the buffer is used again at once', async () => {
    const first = upload(1, 2, 3);
    const { memory } = first;
    const download = backend.download(first);
    backend.release(first);
    const second = upload(7, 8, 9);
    expect(second.memory?.buffer).toBe(memory?.buffer);
    expect([...(await download)]).toEqual([1, 2, 3]);
    expect([...(await backend.download(second))]).toEqual([7, 8, 9]);
  });

  test('arrive though the buffer is destroyed at once, with the backend', async () => {
    const other = await createWebgpuBackend({ device: backend.device });
    const numbers = other.upload(Float32Array.of(1, 2));
    const download = other.download(numbers);
    other.release(numbers);
    other.dispose();
    expect([...(await download)]).toEqual([1, 2]);
  });

  test('travel apart where together they would be more than a buffer may hold', async () => {
    const large = backend.upload(new Float32Array(2 ** 25).fill(3));
    const numbers = await Promise.all([1, 2, 3].map(() => backend.download(large)));
    for (const each of numbers) expect([each.length, each[0], each.at(-1)]).toEqual([2 ** 25, 3, 3]);
    backend.release(large);
  });
});
