import type { Backend, SequenceGradient, SequenceResult } from '@sluice/core';
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

  const forward = (keep: boolean) => engine.forward(plan, inputs, keep);
  const backward = (from: Buffer): SequenceGradient<Buffer> => {
    const result = forward(true);
    const gradient = engine.gradient(plan, inputs, result, { sequence: from });
    releaseResult(result);
    return gradient;
  };
  const releaseAll = (buffers: readonly Buffer[]) => {
    for (const buffer of buffers) engine.release(buffer);
  };
  const releaseResult = ({ sequence, states, saved }: SequenceResult<Buffer>) =>
    releaseAll([sequence, ...states, ...(saved === undefined ? [] : [saved])]);
  const releaseGradient = ({ x, parameters, initialStates }: SequenceGradient<Buffer>) =>
    releaseAll([x, ...parameters, ...initialStates]);
  const downloadAll = (buffers: readonly Buffer[]) =>
    Promise.all(buffers.map((each) => engine.download(each)));
  /** One call; of its results a small one, which is computed last. */
  const call = (): { last: Buffer; release: () => void } => {
    if (workload === 'forward') {
      const result = forward(false);
      return { last: result.states[0], release: () => releaseResult(result) };
    }
    const gradient = backward(cotangent);
    return { last: gradient.initialStates[0], release: () => releaseGradient(gradient) };
  };

  return {
    async check() {
      const before = dispatches?.() ?? 0;
      const kernelsFor = (engineCalls: number) => (dispatches ? dispatches() - before : engineCalls);
      if (workload === 'forward') {
        const result = forward(false);
        const kernels = kernelsFor(1);
        const outputs = await downloadAll([result.sequence]);
        releaseResult(result);
        return { kernels, outputs };
      }
      const part = checkedPart(plan, 'gradient', shape);
      const checked = engine.upload(checkedCotangent(problem, part, shape));
      const gradient = backward(checked);
      const kernels = kernelsFor(2);
      const outputs = await downloadAll([gradient.x, ...gradient.parameters]);
      releaseGradient(gradient);
      engine.release(checked);
      return { kernels, outputs };
    },
    async run() {
      for (let i = 1; i < calls; i++) call().release();
      const { last, release } = call();
      await wait(last);
      release();
    },
  };
}
