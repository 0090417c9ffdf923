import { createCpuBackend } from '@sluice/backend-cpu/engine';
import type { Backend, OwnedBuffer } from '@sluice/core/backend';
import { describe, expect, test } from 'vitest';
import { engineStream } from '../src/contenders/engine.js';
import { stepTask } from '../src/contenders/layer-task.js';
import { joinSteps, streamAsForward, streamProblem } from '../src/workloads/stream.js';
import { formOf, type Task } from '../src/workloads/workload.js';

type Numbers = OwnedBuffer<Float32Array>;

const task: Task = { workload: 'step', shape: [2, 1, 3, 4], cell: 'lstm' };
const problem = streamProblem(formOf('lstm'), task);

describe('the problem', () => {
  test('has an input for each call, from the checked sequence', () => {
    expect(streamAsForward(task)).toEqual({ workload: 'forward', shape: [2, 8, 3, 4], cell: 'lstm' });
    expect(problem.inputs.map(({ length }) => length)).toEqual(Array(8).fill(2 * 3));
    expect(new Set(problem.inputs.flatMap((x) => [...x])).size).toBe(8 * 2 * 3);
  });

  test('joins the outputs of its calls row by row', () => {
    // Two rows of two units, in two calls.
    const outputs = [Float32Array.of(1, 2, 5, 6), Float32Array.of(3, 4, 7, 8)];
    expect([...joinSteps(outputs, 2)]).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
  });
});

describe('a stream on an engine', () => {
  /** The CPU engine, which also tells which of its buffers are in use. */
  function watched(): { engine: Backend<Numbers>; inUse: Set<Numbers> } {
    const engine = createCpuBackend();
    const inUse = new Set<Numbers>();
    const use = (buffer: Numbers) => {
      inUse.add(buffer);
      return buffer;
    };
    return {
      inUse,
      engine: {
        ...engine,
        upload: (values) => use(engine.upload(values)),
        release: (buffer) => {
          expect(inUse.delete(buffer)).toBe(true);
        },
        forward: (plan, inputs, keep) => {
          for (const state of inputs.initialStates ?? []) expect(inUse).toContain(state);
          const result = engine.forward(plan, inputs, keep);
          for (const buffer of [result.sequence, ...result.states]) use(buffer);
          return result;
        },
      },
    };
  }

  test('keeps the weights and the states and releases everything else', async () => {
    const { engine, inUse } = watched();
    const prepared = stepTask(engineStream(engine, problem, task.shape), problem, task.shape);
    await prepared.check();
    for (let call = 0; call < 20; call++) await prepared.run();
    // Beside the weights the two states of an LSTM.
    expect(inUse.size).toBe(problem.parameters.length + 2);
  });

  test('restarts for a check', async () => {
    const prepared = stepTask(engineStream(createCpuBackend(), problem, task.shape), problem, task.shape);
    const first = await prepared.check();
    await prepared.run();
    expect(await prepared.check()).toEqual(first);
  });
});
