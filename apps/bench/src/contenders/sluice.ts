import { cellFrom } from '@sluice/core';
import type { RecurrentArgs, RecurrentLayer } from '@sluice/layers';
import type { Tensor3D } from '@tensorflow/tfjs-core';
import { backendNamed } from '../backends.js';
import { classifierProblem, VOCABULARY } from '../workloads/classifier.js';
import { layerProblem } from '../workloads/layer.js';
import { streamProblem } from '../workloads/stream.js';
import { type CellForm, formOf, type Shape } from '../workloads/workload.js';
import type { Contender } from './contender.js';
import { engineStream, stepTask } from './engine.js';
import { layerTask, startTfjs, trainTask, weightTensors } from './tfjs.js';

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
    const { adam, recurrent } = await import('@sluice/layers');
    if (workload === 'train') {
      return trainTask(tf, classifierProblem(form, shape), shape, await classifier(form, shape), adam());
    }
    const cell = cellFrom(form);
    const problem = layerProblem(form, shape);
    return layerTask(tf, workload, problem, shape, weightTensors(tf, problem), (x, parameters) => {
      return recurrent(cell, x, parameters).sequence as Tensor3D;
    });
  },
};

/** The classifier of Sluice's layers: the layer of the cell's name if there is one, else `rnn` with the cell. */
async function classifier({ name, options }: CellForm, [, timesteps, inputSize, units]: Shape) {
  const { dense, embedding, gru, lstm, rnn, sequential, simpleRNN, sru } = await import('@sluice/layers');
  const layerOf: Readonly<Record<string, (args: RecurrentArgs) => RecurrentLayer>> = {
    gru: (args) => gru({ ...args, ...options }),
    lstm,
    sru,
    simpleRnn: simpleRNN,
  };
  const recurrent =
    layerOf[name] ?? ((args: RecurrentArgs) => rnn({ ...args, cell: cellFrom({ name, options }) }));
  return sequential({
    layers: [
      embedding({ inputDim: VOCABULARY, outputDim: inputSize, inputLength: timesteps }),
      recurrent({ units, returnSequences: true }),
      recurrent({ units }),
      dense({ units: 1, activation: 'sigmoid' }),
    ],
  });
}
