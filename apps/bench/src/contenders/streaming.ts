import type { Backend } from '@sluice/core/backend';
import { joinSteps, type StreamProblem } from '../workloads/stream.js';
import type { Shape } from '../workloads/workload.js';
import type { Prepared } from './contender.js';

/** A recurrent layer that carries its states from call to call. */
export interface Stream {
  /** Goes back to states of zeros. */
  restart(): void;
  /** One timestep: `x` `[batch, inputSize]` gives the output `[batch, units]`. */
  step(x: Float32Array): Promise<Float32Array>;
}

/** The workload `step` for whatever carries states. */
export function stepTask(stream: Stream, { inputs }: StreamProblem, [, , , units]: Shape): Prepared {
  let calls = 0;
  return {
    async check(onFirst) {
      stream.restart();
      const outputs: Float32Array[] = [];
      for (const x of inputs) {
        outputs.push(await stream.step(x));
        onFirst?.();
      }
      return { kernels: 1, outputs: [joinSteps(outputs, units)] };
    },
    run: () => stream.step(inputs[calls++ % inputs.length]),
  };
}

/** One of Sluice's engines as a program without TensorFlow.js uses it: every buffer is given back. */
export function engineStream<Buffer>(
  engine: Backend<Buffer>,
  problem: StreamProblem,
  [batch]: Shape,
): Stream {
  const { plan } = problem;
  const parameters = problem.parameters.map((values) => engine.upload(values));
  let states: readonly Buffer[] | undefined;
  const releaseStates = () => {
    for (const state of states ?? []) engine.release(state);
  };
  return {
    restart() {
      releaseStates();
      states = undefined;
    },
    async step(values) {
      const x = engine.upload(values);
      const result = engine.forward(plan, { batch, timesteps: 1, x, parameters, initialStates: states });
      releaseStates();
      states = result.states;
      const output = await engine.download(result.sequence);
      engine.release(x);
      engine.release(result.sequence);
      return output;
    },
  };
}
