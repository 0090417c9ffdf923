// Measures a recurrent layer on TensorFlow.js's webgpu backend, outputs or gradients read back; prints a line of JSON for each
// task. Its arguments are whose layer, `sluice` or `tf.layers`, the shapes and the time scale.
import { cellFrom } from '@sluice/core';
import { recurrent } from '@sluice/layers';
import * as tf from '@tensorflow/tfjs-core';
import { layers } from '@tensorflow/tfjs-layers';
import { forwardTask, gradientTask, type LayerFunction } from '../contenders/tfjs-tasks.js';
import { type LayerProblem, layerProblem } from '../workloads/layer.js';
import { type CellForm, formOf, type Shape } from '../workloads/workload.js';
import { figuresOf, type LayerTask, layerTasks, print } from './figures.js';
import { setUp } from './set-up.js';

const [contender, shapes, timeScale] = process.argv.slice(2);
await setUp();
await import('@tensorflow/tfjs-backend-webgpu');
if (contender === 'sluice') await import('@sluice/backend-webgpu');
tf.enableProdMode();
if (!(await tf.setBackend('webgpu'))) throw new Error('TensorFlow.js could not start its webgpu backend');
for (const task of layerTasks(shapes)) {
  const { cell } = task;
  if (contender === 'sluice') await print(task, () => measure(task, formOf(cell), sluiceLayer));
  // TensorFlow.js has no SRU, and its GRU only in the reset-before form.
  else if (cell === 'lstm') await print(task, () => measure(task, formOf(cell), tensorflowLayer));
  else if (cell === 'gru') {
    const form = { name: cell, options: { resetAfter: false } };
    await print(task, () => measure(task, form, tensorflowLayer));
  }
}

type MakeLayer = (form: CellForm, shape: Shape, weights: tf.Tensor[]) => [LayerFunction, tf.Tensor[]];

async function measure(task: LayerTask, form: CellForm, makeLayer: MakeLayer): Promise<object> {
  const { workload, shape } = task;
  const problem = layerProblem(form, shape);
  const [layer, weights] = makeLayer(form, shape, weightsOf(problem));
  const prepare = workload === 'forward' ? forwardTask : gradientTask;
  const prepared = [prepare(tf, problem, shape, weights, layer)];
  const { times, kernels, ...figures } = await figuresOf(task, form, prepared, Number(timeScale));
  tf.disposeVariables();
  return { ...times[0], kernels, ...figures };
}

function weightsOf({ plan, parameters }: LayerProblem): tf.Tensor[] {
  return parameters.map((values, i) => tf.tensor(values, [...plan.parameters[i].shape]));
}

function sluiceLayer(form: CellForm, _: Shape, weights: tf.Tensor[]): [LayerFunction, tf.Tensor[]] {
  const cell = cellFrom(form);
  return [(x, parameters) => recurrent(cell, x, parameters).sequence as tf.Tensor3D, weights];
}

function tensorflowLayer(
  { name }: CellForm,
  [, , inputSize, units]: Shape,
  weights: tf.Tensor[],
): [LayerFunction, tf.Tensor[]] {
  const options = { units, returnSequences: true, recurrentActivation: 'sigmoid' } as const;
  const initializers = { kernelInitializer: 'zeros', recurrentInitializer: 'zeros' } as const;
  const make = name === 'gru' ? layers.gru : layers.lstm;
  const layer = make({ ...options, ...initializers });
  // Called once, on one step: a layer has no weights before.
  tf.dispose(layer.apply(tf.zeros([1, 1, inputSize])) as tf.Tensor);
  layer.setWeights(weights);
  // The variables themselves, which is what a gradient can be taken for.
  const variables = layer.trainableWeights.map((weight) => weight.read() as tf.Tensor);
  return [(x) => layer.apply(x) as tf.Tensor3D, variables];
}
