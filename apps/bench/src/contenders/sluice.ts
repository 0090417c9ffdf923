import { cellFrom } from '@sluice/core';
import type { Tensor3D } from '@tensorflow/tfjs-core';
import { backendNamed } from '../backends.js';
import { classifierProblem } from '../workloads/classifier.js';
import { layerProblem } from '../workloads/layer.js';
import { streamProblem } from '../workloads/stream.js';
import { formOf } from '../workloads/workload.js';
import type { Contender } from './contender.js';
import { engineStream } from './engine.js';
import { layerTask, stepTask } from './layer-task.js';
import { classifierOf, startTfjs, tfjsLayer, trainTask, weightTensors } from './tfjs.js';

const ENGINES =
  'sluice runs on its engines without TensorFlow.js; a call uploads x, carries the states, downloads the output and releases its buffers';

/** Sluice as its users have it: the operation `recurrent` on tensors, its layers in a model, and its engines for streams. */
export const sluice: Contender = {
  ability: ({ workload, cell }) => ({ form: formOf(cell), notes: workload === 'step' ? [ENGINES] : [] }),
  async prepare(task, form, backend) {
    const { workload, shape } = task;
    if (workload === 'step') {
      const problem = streamProblem(form, task);
      const engine = await backendNamed(backend).kernels.createEngine();
      return stepTask(engineStream(engine, problem, shape), problem, shape);
    }
    const tf = await startTfjs(backend, true);
    const layers = await import('@sluice/layers');
    const cell = cellFrom(form);
    if (workload === 'train') {
      const model = classifierOf(layers, (args) => layers.rnn({ ...args, cell }), shape);
      return trainTask(tf, classifierProblem(form, shape), shape, model, layers.adam());
    }
    const problem = layerProblem(form, shape);
    const layer = tfjsLayer(tf, problem, shape, weightTensors(tf, problem), (x, parameters) => {
      return layers.recurrent(cell, x, parameters).sequence as Tensor3D;
    });
    return layerTask(layer, workload, problem, shape);
  },
};
