import type { WebgpuBackend } from '@sluice/backend-webgpu/engine';
import type { SequenceGradient, SequenceResult } from '@sluice/core';
import type { Prepared } from '../contenders/contender.js';
import { checkedCotangent, checkedPart, type LayerProblem } from '../workloads/layer.js';
import type { Shape } from '../workloads/workload.js';

type Floats = Parameters<WebgpuBackend['release']>[0];

/**
 * The workloads `forward` and `gradient` on the engine alone. A run leaves the results on the device, as a program does
 * that goes on to compute with them, and waits until they are there.
 *
 * @param calls how many are made before waiting
 */
export function engineTask(
  engine: WebgpuBackend,
  problem: LayerProblem,
  workload: 'forward' | 'gradient',
  shape: Shape,
  calls: number,
): Prepared {
  const [batch, timesteps] = shape;
  const { plan } = problem;
  const parameters = problem.parameters.map((values) => engine.upload(values));
  const inputs = { batch, timesteps, x: engine.upload(problem.x), parameters };
  const cotangent = engine.upload(problem.cotangent);

  const forward = (keep: boolean) => engine.forward(plan, inputs, keep);
  const backward = (from: Floats): SequenceGradient<Floats> => {
    const result = forward(true);
    const gradient = engine.gradient(plan, inputs, result, { sequence: from });
    releaseResult(result);
    return gradient;
  };
  const releaseResult = ({ sequence, states, saved }: SequenceResult<Floats>) => {
    for (const buffer of [sequence, ...states, ...(saved === undefined ? [] : [saved])])
      engine.release(buffer);
  };
  const releaseGradient = ({ x, parameters, initialStates }: SequenceGradient<Floats>) => {
    for (const buffer of [x, ...parameters, ...initialStates]) engine.release(buffer);
  };
  const downloadAll = (buffers: readonly Floats[]) =>
    Promise.all(buffers.map((each) => engine.download(each)));

  return {
    async check() {
      const before = engine.traffic.dispatches;
      if (workload === 'forward') {
        const result = forward(false);
        const kernels = engine.traffic.dispatches - before;
        const outputs = await downloadAll([result.sequence]);
        releaseResult(result);
        return { kernels, outputs };
      }
      const part = checkedPart(plan, 'gradient', shape);
      const checked = engine.upload(checkedCotangent(problem, part, shape));
      const gradient = backward(checked);
      const kernels = engine.traffic.dispatches - before;
      const outputs = await downloadAll([gradient.x, ...gradient.parameters]);
      releaseGradient(gradient);
      engine.release(checked);
      return { kernels, outputs };
    },
    async run() {
      for (let call = 0; call < calls; call++) {
        if (workload === 'forward') releaseResult(forward(false));
        else releaseGradient(backward(cotangent));
      }
      await engine.device.queue.onSubmittedWorkDone();
    },
  };
}
