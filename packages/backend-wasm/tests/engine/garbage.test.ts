import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { cells, planFor } from '@sluice/core';
import type { Program, RowAccess } from '@sluice/core/backend';
import { expect, test } from 'vitest';
import { loadKernels } from '../../src/engine/fixed-kernels.js';
import { GrowingHeap } from '../../src/engine/heap.js';
import { programsIn } from '../../src/engine/program/program-code.js';
import { createPrograms } from '../../src/engine/program/programs.js';
import { writeProgram } from '../../src/engine/program/write-program.js';
import { createTools } from '../../src/engine/sequence/loop.js';
import { Pool } from '../../src/engine/threads/pool.js';
import { createWasmBackend } from '../../src/engine.js';
import { usedBytes } from './used-bytes.js';

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;

/** Until what is asked for has become true: garbage is told of some time after it was collected. */
async function collectUntil(isTrue: () => boolean) {
  for (let time = 0; time < 50 && !isTrue(); time++) {
    // What was looked at is kept to the end of the turn.
    await new Promise((resolve) => setTimeout(resolve, 2));
    collect();
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
}

/** x + constant. */
const program = (constant: number): Program<RowAccess> => ({
  loads: [{}],
  constants: [constant],
  operations: [{ name: 'add', inputs: [0, 1] }],
  stores: [{ value: 2, slot: {} }],
});

test.each([1, 2])(
  'on %i threads, programs that nobody holds are given up with their memory',
  async (threads) => {
    const memory = new WebAssembly.Memory({ initial: 1, maximum: 100, shared: true });
    const heap = new GrowingHeap(memory);
    const loaded = await loadKernels(memory);
    const { fixed, variant } = loaded;
    const tools = createTools(memory, fixed, 0, (address) => programs.at(address));
    const pool = threads > 1 ? new Pool(heap, loaded, threads, tools) : null;
    const programs = createPrograms(heap, tools, variant, pool);
    const held = programs.compile(program(7), 4);
    const used = usedBytes(heap);
    for (let i = 0; i < 200; i++) programs.compile(program(i), 4);
    expect(programs.count()).toBe(201);
    if (threads > 1) expect(usedBytes(heap)).toBeGreaterThan(used);
    await collectUntil(() => programs.count() === 1);
    expect(programs.count()).toBe(1);
    expect(usedBytes(heap)).toBe(used);
    expect(programs.at(held.code.address)).toBe(held.run);
  },
);

test('stages that have products alone have no program of their own', async () => {
  const memory = new WebAssembly.Memory({ initial: 1 });
  const { fixed, variant } = await loadKernels(memory);
  const tools = createTools(memory, fixed, 0, (address) => programs.at(address));
  const programs = createPrograms(new GrowingHeap(memory), tools, variant, null);
  const empty = () => programs.compile({ loads: [], constants: [], operations: [], stores: [] }, 4);
  expect(empty()).toBe(empty());
  expect(programs.compile(program(1), 4)).not.toBe(programs.compile(program(1), 4));
  expect(programs.count()).toBe(2);
});

test('a backend frees the programs of a cell that is garbage', async () => {
  const backend = await createWasmBackend({ threads: 1 });
  const x = backend.upload(Float32Array.of(1, 2));
  const run = () => {
    const plan = planFor(cells.gru(), { inputSize: 2, units: 3 });
    const parameters = plan.parameters.map(({ shape }) =>
      backend.upload(new Float32Array(shape.reduce((a, b) => a * b))),
    );
    const inputs = { batch: 1, timesteps: 1, x, parameters };
    const result = backend.forward(plan, inputs, true);
    const gradient = backend.gradient(plan, inputs, result, { sequence: result.sequence });
    const buffers = [result.sequence, ...result.states, result.saved, gradient.x, ...gradient.parameters];
    for (const buffer of [...buffers, ...gradient.initialStates, ...parameters]) {
      if (buffer) backend.release(buffer);
    }
    return new WeakRef(plan);
  };
  const plans = Array.from({ length: 10 }, run);
  const left = () => plans.filter((plan) => plan.deref() !== undefined).length;
  await collectUntil(() => left() === 0);
  expect(left()).toBe(0);
});

test('a worker does not confuse programs at the same address', () => {
  const memory = new WebAssembly.Memory({ initial: 2, maximum: 2, shared: true });
  const variant = { shared: true, relaxedSimd: false };
  const floats = new Float32Array(memory.buffer);
  const programOf = programsIn(memory);
  const results = [1, 2].map((constant, i) => {
    const { bytes } = writeProgram(program(constant), 4, variant);
    new Int32Array(memory.buffer, 1024, 1)[0] = i;
    new Uint8Array(memory.buffer, 1028, bytes.length).set(bytes);
    const run = programOf(1024, bytes.length);
    expect(programOf(1024, bytes.length)).toBe(run);
    new Int32Array(memory.buffer, 0, 6).set([64, 16, 0, 128, 16, 0]);
    floats.fill(10, 16, 20);
    run(1, 0);
    return [...floats.subarray(32, 36)];
  });
  expect(results).toEqual([Array(4).fill(11), Array(4).fill(12)]);
});
