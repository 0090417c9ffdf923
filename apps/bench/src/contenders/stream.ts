import { cellFrom } from '@sluice/core';
import { streamProblem } from '../workloads/stream.js';
import { formOf } from '../workloads/workload.js';
import type { Contender } from './contender.js';
import { stepTask } from './layer-task.js';

/** Sluice's streams: one time step of one sequence as one function, on one thread. */
export const sluiceStream: Contender = {
  ability({ workload, shape: [batch], cell }, backend) {
    if (workload !== 'step') return { refusal: 'a stream computes single steps' };
    if (batch > 1) return { refusal: 'a stream has one sequence; many streams share their weights' };
    if (backend !== 'wasm' && backend !== 'cpu')
      return { refusal: 'streams run on cpu and on one thread of wasm' };
    return { form: formOf(cell) };
  },
  async prepare(task, form, backend) {
    const { createStream } = await import('@sluice/stream');
    const { shape } = task;
    const problem = streamProblem(form, task);
    const [, , inputSize, units] = shape;
    const weights = Object.fromEntries(
      problem.plan.parameters.map(({ name }, i) => [name, problem.parameters[i]]),
    );
    const source = { cell: cellFrom(form), inputSize, units };
    const stream = await createStream(source, { weights, backend: backend === 'cpu' ? 'cpu' : 'wasm' });
    return stepTask(
      {
        restart: () => stream.reset(),
        step: async (x) => stream.process(x).slice(),
      },
      problem,
      shape,
    );
  },
};
