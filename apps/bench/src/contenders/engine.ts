import type { Backend } from '@sluice/core/backend';
import { backendNamed } from '../backends.js';
import { checkedCotangent, checkedPart, type LayerProblem, layerProblem } from '../workloads/layer.js';
import { joinSteps, type StreamProblem } from '../workloads/stream.js';
import { formOf, type Shape } from '../workloads/workload.js';
import type { Contender, Prepared } from './contender.js';

const RESULTS_STAY =
  'sluice-engine leaves its results on the device, except a state that it waits for; sluice reads all back';

/** Sluice's engines without TensorFlow.js: a layer by itself. */
export const sluiceEngine: Contender = {
  ability({ workload, cell }) {
    if (workload === 'train') return { refusal: 'an engine has recurrent layers, but no whole model' };
    if (workload === 'step') return { refusal: 'for steps, sluice runs on the engines itself' };
    return { form: formOf(cell), notes: [RESULTS_STAY] };
  },
  async prepare({ workload, shape }, form, backend) {
    if (workload !== 'forward' && workload !== 'gradient')
      throw new Error(`no ${workload} on an engine alone`);
    const engine = await backendNamed(backend).kernels.createEngine();
    const wait = (result: unknown) => engine.download(result);
    return engineTask(engine, layerProblem(form, shape), workload, shape, { calls: 1, wait });
  },
};

export interface EngineTaskOptions<Buffer> {
  /** The number of calls that a run makes before it waits. */
  readonly calls: number;
  /** The engine's number of dispatches so far. Default: its calls are counted. */
  readonly dispatches?: () => number;
  /** Waits until a result is computed. */
  readonly wait: (result: Buffer) => Promise<unknown>;
}

/**
 * The workloads `forward` and `gradient` on an engine. A run leaves the results on the device, as in a program that goes on
 * to compute with them, and waits until they are computed.
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
  /** One call: all its results, the checked ones, and a small one that is computed last. */
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
      const cotangents =
        workload === 'forward'
          ? []
          : [engine.upload(checkedCotangent(problem, checkedPart(plan, workload, shape), shape))];
      const before = dispatches?.() ?? 0;
      const { all, checked } = call(cotangents[0]);
      const engineCalls = workload === 'forward' ? 1 : 2;
      const kernels = dispatches ? dispatches() - before : engineCalls;
      const outputs = await Promise.all(checked.map((buffer) => engine.download(buffer)));
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

/** A recurrent layer that carries its states from call to call. */
export interface Stream {
  /** Sets the states to zeros. */
  restart(): void;
  /** One timestep: `x` `[batch, inputSize]` gives the output `[batch, units]`. */
  step(x: Float32Array): Promise<Float32Array>;
}

/** The workload `step` of a stream. */
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

/** A stream on one of Sluice's engines, as in a program without TensorFlow.js: every buffer is released. */
export function engineStream<Buffer>(
  engine: Backend<Buffer>,
  { plan, ...problem }: StreamProblem,
  [batch]: Shape,
): Stream {
  const parameters = problem.parameters.map((values) => engine.upload(values));
  let states: readonly Buffer[] | undefined;
  const replaceStates = (next?: readonly Buffer[]) => {
    for (const state of states ?? []) engine.release(state);
    states = next;
  };
  return {
    restart: () => replaceStates(),
    async step(values) {
      const x = engine.upload(values);
      const result = engine.forward(plan, { batch, timesteps: 1, x, parameters, initialStates: states });
      replaceStates(result.states);
      const output = await engine.download(result.sequence);
      engine.release(x);
      engine.release(result.sequence);
      return output;
    },
  };
}
