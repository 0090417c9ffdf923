// Measures Sluice's WebGPU engine without TensorFlow.js; prints a line of JSON for each task. Its arguments are
// the shapes and the time scale.
import { createWebgpuBackend, requestAdapter } from '@sluice/backend-webgpu/engine';
import { engineTask } from '../contenders/engine-task.js';
import { layerProblem } from '../workloads/layer.js';
import { formOf } from '../workloads/workload.js';
import { figuresOf, layerTasks, print } from './figures.js';
import { setUp } from './set-up.js';

/** A device that is given work ahead shows what it can do; one that is waited for shows what talking to it costs, too. */
const AHEAD = 10;

await setUp();
const { features } = await requestAdapter();
const [shapes, timeScale] = process.argv.slice(2);
const weightTypes = features.has('shader-f16') ? (['float32', 'float16'] as const) : (['float32'] as const);
const tasks = layerTasks(shapes).flatMap((task) => weightTypes.map((weightType) => ({ task, weightType })));
for (const { task, weightType } of tasks) {
  await print({ ...task, weightType }, async () => {
    const { workload, shape, cell } = task;
    // A new one each time, so that the first result pays for compiling everything and a lost device costs one task.
    const engine = await createWebgpuBackend({ weightType });
    try {
      const form = formOf(cell);
      const problem = layerProblem(form, shape);
      const dispatches = () => engine.traffic.dispatches;
      const wait = () => engine.device.queue.onSubmittedWorkDone();
      const prepared = [1, AHEAD].map((calls) =>
        engineTask(engine, problem, workload, shape, { calls, dispatches, wait }),
      );
      const { times, kernels, ...figures } = await figuresOf(task, form, prepared, Number(timeScale));
      const before = engine.traffic;
      await prepared[0].run();
      const after = engine.traffic;
      const bytes = {
        uploadedBytes: after.uploadedBytes - before.uploadedBytes,
        copiedBytes: after.copiedBytes - before.copiedBytes,
      };
      return { ...times[0], aheadMs: times[1].medianMs / AHEAD, dispatches: kernels, ...bytes, ...figures };
    } finally {
      engine.dispose();
    }
  });
}
