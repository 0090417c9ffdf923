import type { BackendWasm } from '@tensorflow/tfjs-backend-wasm';
import type { KernelConfig, Tensor, Tensor3D, TensorInfo } from '@tensorflow/tfjs-core';
import type { layers } from '@tensorflow/tfjs-layers';
import { type BackendName, backendNamed } from '../backends.js';
import { inNode } from '../machine.js';
import { classifierProblem } from '../workloads/classifier.js';
import { layerProblem } from '../workloads/layer.js';
import { type CellForm, formOf } from '../workloads/workload.js';
import type { Ability, Contender } from './contender.js';
import { layerTask } from './layer-task.js';
import { classifierOf, startTfjs, tfjsLayer, trainTask, weightTensors } from './tfjs.js';

const RESET_BEFORE =
  'tf.layers.gru throws with resetAfter, so its reset-before form runs, against the reference of that form';
const OUR_KERNEL =
  'tf.layers trains on wasm with a kernel of ours for UnsortedSegmentSum, which TensorFlow.js’s wasm backend lacks';

/** TensorFlow.js's own layers. */
export const tfLayers: Contender = {
  ability({ workload, cell }, backend): Ability {
    if (!Object.hasOwn(LAYERS, cell)) return { refusal: `TensorFlow.js has no layer for the cell ${cell}` };
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
    // In Node TensorFlow.js does not install the tensor methods that its own layers call; @sluice/layers does.
    await import('@sluice/layers');
    const make = await layerFactory(form);
    if (workload === 'train') {
      // In a process with Sluice's kernels wasm has one already.
      if (tf.getBackend() === 'wasm' && !tf.getKernel(segmentSum.kernelName, 'wasm')) {
        tf.registerKernel(segmentSum);
      }
      const { layers, sequential } = await import('@tensorflow/tfjs-layers');
      const model = classifierOf({ ...layers, sequential }, make, shape);
      return trainTask(tf, classifierProblem(form, shape), shape, model, tf.train.adam());
    }
    if (workload === 'step') throw new Error('no step on TensorFlow.js');
    const problem = layerProblem(form, shape);
    const recurrent = make({ units: shape[3], returnSequences: true });
    // A layer has no weights before its first call; one step is enough.
    tf.dispose(recurrent.apply(tf.zeros([1, 1, shape[2]])) as Tensor);
    recurrent.setWeights(weightTensors(tf, problem));
    // The variables themselves: TensorFlow.js takes gradients for these.
    const weights = recurrent.trainableWeights.map((weight) => weight.read() as Tensor);
    const layer = tfjsLayer(tf, problem, shape, weights, (x) => recurrent.apply(x) as Tensor3D);
    return layerTask(layer, workload, problem, shape);
  },
};

/** @throws Error when TensorFlow.js runs on fewer threads: it takes at most half of the browser's logical cores. */
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

/** The names of the layers, by cell. */
const LAYERS = { gru: 'gru', lstm: 'lstm', simpleRnn: 'simpleRNN' } as const;

async function layerFactory({ name }: CellForm) {
  const { layers } = await import('@tensorflow/tfjs-layers');
  return (args: { units: number; returnSequences: boolean }): layers.Layer =>
    layers[LAYERS[name as keyof typeof LAYERS]]({
      ...args,
      kernelInitializer: 'zeros',
      recurrentInitializer: 'zeros',
      // The true sigmoid; the default of TensorFlow.js is a piecewise linear one, unlike every other library's.
      recurrentActivation: 'sigmoid',
    });
}

/**
 * `UnsortedSegmentSum` for TensorFlow.js's wasm backend, which lacks it, so that `tf.layers` can train an embedding there:
 * `sums[ids[i]] += rows[i]`. Rows with an id outside `0 … numSegments − 1` are dropped, as in TensorFlow. It is plain
 * JavaScript over the backend's memory and shares nothing with Sluice's kernel of the same name.
 */
export const segmentSum: KernelConfig = {
  kernelName: 'UnsortedSegmentSum',
  backendName: 'wasm',
  kernelFunc: ({ inputs, attrs, backend }) => {
    const { x, segmentIds } = inputs as { x: TensorInfo; segmentIds: TensorInfo };
    const { numSegments } = attrs as unknown as { numSegments: number };
    const wasm = backend as BackendWasm;
    const rowShape = x.shape.slice(segmentIds.shape.length);
    const result = wasm.makeOutput([numSegments, ...rowShape], x.dtype);
    // Views are made after the result, which may move the memory.
    const [rows, ids, sums] = [x, segmentIds, result].map((tensor) => wasm.typedArrayFromHeap(tensor));
    const length = rowShape.reduce((product, size) => product * size, 1);
    sums.fill(0);
    ids.forEach((id: number, i: number) => {
      if (id < 0 || id >= numSegments) return;
      for (let j = 0; j < length; j++) sums[id * length + j] += rows[i * length + j];
    });
    return result;
  },
};
