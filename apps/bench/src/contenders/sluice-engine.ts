import { backendNamed } from '../backends.js';
import { layerProblem } from '../workloads/layer.js';
import { formOf } from '../workloads/workload.js';
import type { Contender } from './contender.js';
import { engineTask } from './engine-task.js';

const LEFT_THERE =
  'sluice-engine leaves its results where they are, apart from the states, by which it waits; sluice reads them back';

/** Sluice's engines without TensorFlow.js: a layer by itself. */
export const sluiceEngine: Contender = {
  ability({ workload, cell }) {
    if (workload === 'train') return { refusal: 'an engine has recurrent layers, but no whole model' };
    if (workload === 'step') return { refusal: 'for steps, sluice runs on the engines itself' };
    return { form: formOf(cell), notes: [LEFT_THERE] };
  },
  async prepare({ workload, shape }, form, backend) {
    if (workload !== 'forward' && workload !== 'gradient')
      throw new Error(`no ${workload} on an engine alone`);
    const engine = await backendNamed(backend).kernels.createEngine();
    const wait = (result: unknown) => engine.download(result);
    return engineTask(engine, layerProblem(form, shape), workload, shape, { calls: 1, wait });
  },
};
