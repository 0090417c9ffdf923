import type { Backend } from '@sluice/core/backend';
import { backendNamed } from '../backends.js';
import { type LayerProblem, layerProblem } from '../workloads/layer.js';
import type { StreamProblem } from '../workloads/stream.js';
import { formOf, type Shape } from '../workloads/workload.js';
import type { Contender } from './contender.js';
import { type DeviceLayer, layerTask, type Stream } from './layer-task.js';

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
    const engine = await backendNamed(backend).kernels.createEngine();
    const problem = layerProblem(form, shape);
    return layerTask(engineLayer(engine, problem, shape), workload as 'forward' | 'gradient', problem, shape);
  },
};

/**
 * A layer on an engine. Its results stay on the device, as in a program that goes on to compute with them.
 *
 * @param dispatches the engine's number of dispatches so far. Default: its calls are counted.
 */
export function engineLayer<Buffer>(
  engine: Backend<Buffer>,
  { plan, x, parameters }: LayerProblem,
  [batch, timesteps]: Shape,
  dispatches?: () => number,
): DeviceLayer<Buffer> {
  const upload = (values: Float32Array) => engine.upload(values);
  const inputs = { batch, timesteps, x: upload(x), parameters: parameters.map(upload) };
  let calls = 0;
  const kernels = dispatches ?? (() => calls);
  const release = (buffers: readonly Buffer[]) => {
    for (const buffer of buffers) engine.release(buffer);
  };
  const forward = (keep: boolean) => {
    calls += 1;
    return engine.forward(plan, inputs, keep);
  };
  const download = (buffer: Buffer) => engine.download(buffer);
  return {
    upload,
    download,
    wait: download,
    release,
    forward() {
      const { sequence, states } = forward(false);
      return [sequence, ...states];
    },
    gradient(cotangent) {
      const result = forward(true);
      const gradient = engine.gradient(plan, inputs, result, { sequence: cotangent });
      calls += 1;
      const { sequence, states, saved } = result;
      release([sequence, ...states, ...(saved === undefined ? [] : [saved])]);
      return [gradient.x, ...gradient.parameters, ...gradient.initialStates];
    },
    async count(call) {
      const before = kernels();
      const results = call();
      return { kernels: kernels() - before, results };
    },
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
