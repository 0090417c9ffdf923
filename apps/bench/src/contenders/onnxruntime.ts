import { layouts } from '@sluice/core';
import { type LayerProblem, layerProblem } from '../workloads/layer.js';
import { type CellForm, formOf, type Shape } from '../workloads/workload.js';
import type { Contender, Prepared } from './contender.js';
import { encodeOnnxModel, type OnnxModel } from './onnx-model.js';

/** What ONNX calls a cell, how it stores the weights and which attributes make it compute the same. */
const OPERATORS = {
  gru: { operator: 'GRU', layout: layouts.onnx.gru, attributes: { linear_before_reset: 1 } },
  lstm: { operator: 'LSTM', layout: layouts.onnx.lstm, attributes: {} },
  simpleRnn: { operator: 'RNN', layout: layouts.onnx.simpleRnn, attributes: {} },
} as const;

const isOperator = (cell: string): cell is keyof typeof OPERATORS => Object.hasOwn(OPERATORS, cell);

/**
 * onnxruntime-web's WASM build on one thread: a model of one recurrent operator with constant weights. Its input is
 * `[timesteps, batch, features]`, the operator's own order: transposing is left out of its time.
 */
export const onnxruntime: Contender = {
  ownBackend: 'wasm',
  ability({ workload, cell }) {
    if (workload !== 'forward') return { refusal: 'onnxruntime-web computes no gradients' };
    if (!isOperator(cell)) return { refusal: `ONNX has no operator for the cell ${cell}` };
    return { form: formOf(cell) };
  },
  async prepare({ shape }, form): Promise<Prepared> {
    const ort = await import('onnxruntime-web');
    ort.env.wasm.numThreads = 1;
    const [batch, timesteps, inputSize, units] = shape;
    const problem = layerProblem(form, shape);
    const session = await ort.InferenceSession.create(encodeOnnxModel(modelOf(problem, form, shape)), {
      executionProviders: ['wasm'],
      graphOptimizationLevel: 'all',
    });
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
  },
};

function modelOf({ plan, parameters }: LayerProblem, form: CellForm, shape: Shape): OnnxModel {
  const [batch, timesteps, inputSize, units] = shape;
  const { operator, layout, attributes } = OPERATORS[form.name as keyof typeof OPERATORS];
  const named = Object.fromEntries(plan.parameters.map(({ name }, i) => [name, parameters[i]]));
  const stored = layout.fromNative(named as { kernel: Float32Array }, { inputSize, units });
  const rows = stored.W.length / inputSize;
  return {
    operator,
    attributes: { hidden_size: units, ...attributes },
    nodeInputs: ['X', 'W', 'R', 'B'],
    nodeOutputs: ['Y'],
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
