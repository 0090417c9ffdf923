import type { Tensor } from 'onnxruntime-web';
import { backendNamed } from '../backends.js';
import { layerProblem, swapAxes } from '../workloads/layer.js';
import { streamProblem } from '../workloads/stream.js';
import { formOf, type Shape } from '../workloads/workload.js';
import type { Contender, Prepared } from './contender.js';
import { type Stream, stepTask } from './layer-task.js';
import { hasOperator, onnxModel, statesOf } from './onnx-model.js';

type Ort = typeof import('onnxruntime-web');
type Session = import('onnxruntime-web').InferenceSession;

/**
 * onnxruntime-web's WASM build: a model of one recurrent operator with constant weights. Its input is
 * `[timesteps, batch, features]`, the operator's own order: transposing is left out of its time.
 */
export const onnxruntime: Contender = {
  ownBackend: 'wasm',
  ability({ workload, cell }) {
    if (workload !== 'forward' && workload !== 'step')
      return { refusal: 'onnxruntime-web computes no gradients' };
    if (!hasOperator(cell)) return { refusal: `ONNX has no operator for the cell ${cell}` };
    return { form: formOf(cell) };
  },
  async prepare(task, form, backend) {
    const ort = await import('onnxruntime-web');
    ort.env.wasm.numThreads = backendNamed(backend).threads;
    const { shape } = task;
    const isStep = task.workload === 'step';
    const problem = isStep ? streamProblem(form, task) : layerProblem(form, shape);
    const session = await ort.InferenceSession.create(onnxModel(problem, form, shape, isStep), {
      executionProviders: ['wasm'],
      graphOptimizationLevel: 'all',
    });
    if ('inputs' in problem) return stepTask(streamOf(ort, session, statesOf(form), shape), problem, shape);
    return forwardTask(ort, session, problem.x, shape);
  },
};

function forwardTask(ort: Ort, session: Session, rows: Float32Array, shape: Shape): Prepared {
  const [batch, timesteps, inputSize] = shape;
  const x = swapAxes(rows, batch, timesteps);
  const feeds = { X: new ort.Tensor('float32', x, [timesteps, batch, inputSize]) };
  const run = async () => {
    const { Y } = await session.run(feeds);
    const values = Y.data as Float32Array;
    Y.dispose();
    return values;
  };
  return {
    async check() {
      return { kernels: 1, outputs: [swapAxes(await run(), timesteps, batch)] };
    },
    run,
  };
}

/** A model of one timestep, whose final states are fed again. */
function streamOf(ort: Ort, session: Session, states: readonly string[], shape: Shape): Stream {
  const [batch, , inputSize, units] = shape;
  const current: Record<string, Tensor> = {};
  const restart = () => {
    for (const state of states) {
      current[`initial_${state}`] = new ort.Tensor('float32', new Float32Array(batch * units), [
        1,
        batch,
        units,
      ]);
    }
  };
  restart();
  return {
    restart,
    async step(x) {
      const X = new ort.Tensor('float32', x, [1, batch, inputSize]);
      const results = await session.run({ X, ...current });
      for (const state of states) current[`initial_${state}`] = results[`Y_${state}`];
      return results.Y_h.data as Float32Array;
    },
  };
}
