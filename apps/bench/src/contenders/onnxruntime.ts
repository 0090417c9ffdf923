import { layouts } from '@sluice/core/layouts';
import type { Tensor } from 'onnxruntime-web';
import { backendNamed } from '../backends.js';
import { type LayerProblem, layerProblem } from '../workloads/layer.js';
import { type StreamProblem, streamProblem } from '../workloads/stream.js';
import { type CellForm, formOf, type Shape } from '../workloads/workload.js';
import type { Contender, Prepared } from './contender.js';
import { type Stream, stepTask } from './engine.js';
import { encodeOnnxModel, type OnnxModel } from './onnx-model.js';

type Ort = typeof import('onnxruntime-web');

/** The ONNX operator of a cell, its attributes, the layout of its weights and the names of its states. */
const OPERATORS = {
  gru: { operator: 'GRU', layout: layouts.onnx.gru, attributes: { linear_before_reset: 1 }, states: ['h'] },
  lstm: { operator: 'LSTM', layout: layouts.onnx.lstm, attributes: {}, states: ['h', 'c'] },
  simpleRnn: { operator: 'RNN', layout: layouts.onnx.simpleRnn, attributes: {}, states: ['h'] },
} as const;

const isOperator = (cell: string): cell is keyof typeof OPERATORS => Object.hasOwn(OPERATORS, cell);

/**
 * onnxruntime-web's WASM build: a model of one recurrent operator with constant weights. Its input is
 * `[timesteps, batch, features]`, the operator's own order: transposing is left out of its time.
 */
export const onnxruntime: Contender = {
  ownBackend: 'wasm',
  ability({ workload, cell }) {
    if (workload !== 'forward' && workload !== 'step')
      return { refusal: 'onnxruntime-web computes no gradients' };
    if (!isOperator(cell)) return { refusal: `ONNX has no operator for the cell ${cell}` };
    return { form: formOf(cell) };
  },
  async prepare(task, form, backend) {
    const ort = await import('onnxruntime-web');
    ort.env.wasm.numThreads = backendNamed(backend).threads;
    const { shape } = task;
    if (task.workload === 'step') {
      const problem = streamProblem(form, task);
      return stepTask(await streamOf(ort, problem, form, shape), problem, shape);
    }
    return forwardTask(ort, layerProblem(form, shape), form, shape);
  },
};

const createSession = (ort: Ort, model: OnnxModel) =>
  ort.InferenceSession.create(encodeOnnxModel(model), {
    executionProviders: ['wasm'],
    graphOptimizationLevel: 'all',
  });

async function forwardTask(ort: Ort, problem: LayerProblem, form: CellForm, shape: Shape): Promise<Prepared> {
  const [batch, timesteps, inputSize, units] = shape;
  const session = await createSession(ort, { ...modelOf(problem, form, shape), nodeOutputs: ['Y'] });
  const x = swapRowsAndSteps(problem.x, batch, timesteps, inputSize);
  const feeds = { X: new ort.Tensor('float32', x, [timesteps, batch, inputSize]) };
  const run = async () => {
    const { Y } = await session.run(feeds);
    const values = Y.data as Float32Array;
    Y.dispose();
    return values;
  };
  return {
    async check() {
      return { kernels: 1, outputs: [swapRowsAndSteps(await run(), timesteps, batch, units)] };
    },
    run,
  };
}

/** The model of one timestep, whose final states are fed again. Its output `Y` would be the state `h` itself. */
async function streamOf(ort: Ort, problem: StreamProblem, form: CellForm, shape: Shape): Promise<Stream> {
  const [batch, , inputSize, units] = shape;
  const { states } = operatorOf(form);
  const model = modelOf(problem, form, shape);
  const session = await createSession(ort, {
    ...model,
    // The empty names leave out the sequence lengths and `Y`.
    nodeInputs: [...model.nodeInputs, '', ...states.map((state) => `initial_${state}`)],
    nodeOutputs: ['', ...states.map((state) => `Y_${state}`)],
    inputs: [
      ...model.inputs,
      ...states.map((state) => ({ name: `initial_${state}`, shape: [1, batch, units] })),
    ],
  });
  const zeros = () =>
    states.map(() => new ort.Tensor('float32', new Float32Array(batch * units), [1, batch, units]));
  let current: Tensor[] = zeros();
  return {
    restart() {
      current = zeros();
    },
    async step(x) {
      const feeds: Record<string, Tensor> = { X: new ort.Tensor('float32', x, [1, batch, inputSize]) };
      states.forEach((state, i) => {
        feeds[`initial_${state}`] = current[i];
      });
      const results = await session.run(feeds);
      current = states.map((state) => results[`Y_${state}`]);
      return results.Y_h.data as Float32Array;
    },
  };
}

const operatorOf = ({ name }: CellForm) => OPERATORS[name as keyof typeof OPERATORS];

/** The model without its outputs. */
function modelOf(
  { plan, parameters }: Pick<LayerProblem, 'plan' | 'parameters'>,
  form: CellForm,
  shape: Shape,
): Omit<OnnxModel, 'nodeOutputs'> {
  const [batch, timesteps, inputSize, units] = shape;
  const { operator, layout, attributes } = operatorOf(form);
  const named = Object.fromEntries(plan.parameters.map(({ name }, i) => [name, parameters[i]]));
  const stored = layout.fromNative(named as { kernel: Float32Array }, { inputSize, units });
  const rows = stored.W.length / inputSize;
  return {
    operator,
    attributes: { hidden_size: units, ...attributes },
    nodeInputs: ['X', 'W', 'R', 'B'],
    inputs: [{ name: 'X', shape: [timesteps, batch, inputSize] }],
    constants: [
      { name: 'W', shape: [1, rows, inputSize], values: stored.W },
      { name: 'R', shape: [1, rows, units], values: stored.R },
      { name: 'B', shape: [1, 2 * rows], values: stored.B as Float32Array },
    ],
  };
}

/** `[first, second, features]` as `[second, first, features]`. */
function swapRowsAndSteps(
  values: Float32Array,
  first: number,
  second: number,
  features: number,
): Float32Array {
  const swapped = new Float32Array(values.length);
  for (let i = 0; i < first; i++) {
    for (let j = 0; j < second; j++) {
      const from = (i * second + j) * features;
      swapped.set(values.subarray(from, from + features), (j * first + i) * features);
    }
  }
  return swapped;
}
