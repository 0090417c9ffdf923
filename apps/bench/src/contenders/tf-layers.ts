import type { Tensor, Tensor3D } from '@tensorflow/tfjs-core';
import type { LayersModel, layers } from '@tensorflow/tfjs-layers';
import { type BackendName, backendNamed } from '../backends.js';
import { inNode } from '../environment.js';
import { classifierProblem, VOCABULARY } from '../workloads/classifier.js';
import { layerProblem } from '../workloads/layer.js';
import { type CellForm, formOf, type Shape } from '../workloads/workload.js';
import type { Ability, Contender } from './contender.js';
import { segmentSum } from './segment-sum.js';
import { startTfjs } from './tfjs.js';
import { forwardTask, gradientTask, type LayerFunction, trainTask } from './tfjs-tasks.js';

type Layer = layers.Layer;
type LayerFactory = (args: {
  units: number;
  returnSequences: boolean;
  inputShape?: [number, number];
}) => Layer;

const CELLS = ['gru', 'lstm', 'simpleRnn'];

const RESET_BEFORE =
  'tf.layers.gru throws with resetAfter, so its reset-before form runs, against the reference of that form';
const OUR_KERNEL =
  'tf.layers trains on wasm with a kernel of ours for UnsortedSegmentSum, which TensorFlow.js’s wasm backend lacks';

/** TensorFlow.js's own layers. */
export const tfLayers: Contender = {
  ability({ workload, cell }, backend): Ability {
    if (!CELLS.includes(cell)) return { refusal: `TensorFlow.js has no layer for the cell ${cell}` };
    if (workload === 'step') return { refusal: 'tf.layers has no engine apart from TensorFlow.js' };
    const { tfjsName, threads } = backendNamed(backend);
    if (threads > 1 && inNode)
      return { refusal: `TensorFlow.js’s ${tfjsName} backend runs on one thread in Node` };
    const notes = workload === 'train' && tfjsName === 'wasm' ? [OUR_KERNEL] : [];
    if (cell !== 'gru') return { form: formOf(cell), notes };
    return { form: { name: 'gru', options: { resetAfter: false } }, notes: [RESET_BEFORE, ...notes] };
  },
  async prepare({ workload, shape }, form, backend) {
    const tf = await startTfjs(backend, false);
    await checkThreads(backend);
    // In Node TensorFlow.js does not install the tensor methods that its own layers call; @sluice/layers does so.
    await import('@sluice/layers');
    const make = await layerFactory(form);
    if (workload === 'train') {
      // In a process with Sluice's kernels wasm has one already.
      if (tf.getBackend() === 'wasm' && !tf.getKernel(segmentSum.kernelName, 'wasm')) {
        tf.registerKernel(segmentSum);
      }
      const model = await classifier(make, shape);
      return trainTask(tf, classifierProblem(form, shape), shape, model, tf.train.adam());
    }
    const problem = layerProblem(form, shape);
    const recurrent = make({ units: shape[3], returnSequences: true });
    // Called once, on one step: a layer has no weights before.
    tf.dispose(recurrent.apply(tf.zeros([1, 1, shape[2]])) as Tensor);
    recurrent.setWeights(
      problem.parameters.map((values, i) => tf.tensor(values, [...problem.plan.parameters[i].shape])),
    );
    // The variables themselves, which is what a gradient can be taken for.
    const weights = recurrent.trainableWeights.map((weight) => weight.read() as Tensor);
    const layer: LayerFunction = (x) => recurrent.apply(x) as Tensor3D;
    const task = workload === 'forward' ? forwardTask : gradientTask;
    return task(tf, problem, shape, weights, layer);
  },
};

/** @throws Error when TensorFlow.js has started with fewer threads: it takes at most half of what the browser tells of. */
async function checkThreads(backend: BackendName): Promise<void> {
  const { threads } = backendNamed(backend);
  if (threads === 1) return;
  const { getThreadsCount } = await import('@tensorflow/tfjs-backend-wasm');
  const started = getThreadsCount();
  if (started === threads) return;
  throw new Error(
    `TensorFlow.js runs on ${started === 1 ? '1 thread' : `${started} threads`} here, as it takes at most half of the logical cores`,
  );
}

async function layerFactory({ name }: CellForm): Promise<LayerFactory> {
  const { layers } = await import('@tensorflow/tfjs-layers');
  // The real sigmoid: TensorFlow.js's default is the piecewise linear one, and neither Keras's nor anybody else's.
  const gates = {
    recurrentActivation: 'sigmoid' as const,
    kernelInitializer: 'zeros',
    recurrentInitializer: 'zeros',
  } as const;
  switch (name) {
    case 'gru':
      return (args) => layers.gru({ ...args, ...gates });
    case 'lstm':
      return (args) => layers.lstm({ ...args, ...gates });
    default:
      return (args) => layers.simpleRNN({ ...args, recurrentInitializer: 'zeros' });
  }
}

/** The classifier out of TensorFlow.js's layers. */
async function classifier(make: LayerFactory, [, timesteps, inputSize, units]: Shape): Promise<LayersModel> {
  const { layers, sequential } = await import('@tensorflow/tfjs-layers');
  return sequential({
    layers: [
      layers.embedding({ inputDim: VOCABULARY, outputDim: inputSize, inputLength: timesteps }),
      make({ units, returnSequences: true }),
      make({ units, returnSequences: false }),
      layers.dense({ units: 1, activation: 'sigmoid' }),
    ],
  });
}
