import type { Backend } from '@sluice/core/backend';
import { checkedCotangent, checkedPart, type LayerProblem } from '../workloads/layer.js';
import type { Shape } from '../workloads/workload.js';
import type { Prepared } from './contender.js';

export interface EngineTaskOptions<Buffer> {
  /** How many calls a run makes before waiting. */
  readonly calls: number;
  /** How many dispatches the engine has made so far. Default: its calls are counted. */
  readonly dispatches?: () => number;
  /** Waits until a result is there. */
  readonly wait: (result: Buffer) => Promise<unknown>;
}

/**
 * The workloads `forward` and `gradient` on an engine alone. A run leaves the results on the device, as a program does that goes
 * on to compute with them, and waits until they are there.
 */
export function engineTask<Buffer>(
  engine: Backend<Buffer>,
  problem: LayerProblem,
  workload: 'forward' | 'gradient',
  shape: Shape,
  { calls, dispatches, wait }: EngineTaskOptions<Buffer>,
): Prepared {
  const [batch, timesteps] = shape;
  const { plan } = problem;
  const parameters = problem.parameters.map((values) => engine.upload(values));
  const inputs = { batch, timesteps, x: engine.upload(problem.x), parameters };
  const cotangent = engine.upload(problem.cotangent);

  const release = (buffers: readonly Buffer[]) => {
    for (const buffer of buffers) engine.release(buffer);
  };
  /** One call: its results, those of them that are checked, and a small one that is computed last. */
  const call = (sequenceCotangent?: Buffer) => {
    const result = engine.forward(plan, inputs, workload === 'gradient');
    const { sequence, states, saved } = result;
    if (workload === 'forward') {
      return { all: [sequence, ...states], checked: [sequence], last: states[0] };
    }
    const gradient = engine.gradient(plan, inputs, result, { sequence: sequenceCotangent });
    release([sequence, ...states, ...(saved === undefined ? [] : [saved])]);
    const checked = [gradient.x, ...gradient.parameters];
    return { all: [...checked, ...gradient.initialStates], checked, last: gradient.initialStates[0] };
  };

  return {
    async check() {
      // Only a gradient needs one.
      const cotangents =
        workload === 'forward'
          ? []
          : [engine.upload(checkedCotangent(problem, checkedPart(plan, workload, shape), shape))];
      const before = dispatches?.() ?? 0;
      const { all, checked } = call(cotangents[0]);
      const engineCalls = workload === 'forward' ? 1 : 2;
      const kernels = dispatches ? dispatches() - before : engineCalls;
      const outputs = await Promise.all(checked.map((each) => engine.download(each)));
      release([...all, ...cotangents]);
      return { kernels, outputs };
    },
    async run() {
      for (let i = 1; i < calls; i++) release(call(cotangent).all);
      const { all, last } = call(cotangent);
      await wait(last);
      release(all);
    },
  };
}
