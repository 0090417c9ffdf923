// Measures recurrent layers on WebGPU and prints a line of JSON for each task. Its arguments are the contender (`engine`:
// results stay on the device; `sluice` and `tf.layers`: on TensorFlow.js, results are read back), shapes and time scale.
import { createWebgpuBackend, requestAdapter } from '@sluice/backend-webgpu/engine';
import type { Contender, Prepared } from '../contenders/contender.js';
import { engineLayer } from '../contenders/engine.js';
import { layerTask } from '../contenders/layer-task.js';
import { sluice } from '../contenders/sluice.js';
import { tfLayers } from '../contenders/tf-layers.js';
import { alternate } from '../run/alternate.js';
import { median } from '../run/statistics.js';
import { CallTimer } from '../workers/call-timer.js';
import { flopsOf } from '../workloads/flops.js';
import { layerProblem } from '../workloads/layer.js';
import { maxErrorOf, referenceOf } from '../workloads/reference.js';
import { type CellForm, DEFAULT_SHAPES, formOf, type Shape, type Task } from '../workloads/workload.js';
import { setUp } from './processes.js';

/** The number of calls before a wait, for `aheadMs`: a device with queued calls shows its speed without waiting. */
const AHEAD = 10;
const WARM_UP_SECONDS = 0.3;

const [part, shapesText, timeScaleText] = process.argv.slice(2);
const timeScale = Number(timeScaleText);
const shapes = shapesText ? (JSON.parse(shapesText) as Shape[]) : DEFAULT_SHAPES.forward;
await setUp();
for (const shape of shapes) {
  for (const workload of ['forward', 'gradient'] as const) {
    for (const cell of ['gru', 'lstm', 'sru']) {
      const task = { workload, shape, cell };
      if (part === 'engine') await measureEngine(task);
      else await measureContender(task, part === 'sluice' ? sluice : tfLayers);
    }
  }
}

async function measureEngine(task: Task & { readonly workload: 'forward' | 'gradient' }): Promise<void> {
  const { features } = await requestAdapter();
  const { workload, shape, cell } = task;
  const weightTypes = ['float32', 'float16'] as const;
  for (const weightType of features.has('shader-f16') ? weightTypes : weightTypes.slice(0, 1)) {
    await print({ ...task, weightType }, async () => {
      // A new engine each time: the first result includes all compiling, and a lost device costs one task.
      const engine = await createWebgpuBackend({ weightType });
      try {
        const form = formOf(cell);
        const problem = layerProblem(form, shape);
        const layer = {
          ...engineLayer(engine, problem, shape, () => engine.traffic.dispatches),
          wait: () => engine.device.queue.onSubmittedWorkDone(),
        };
        const prepared = [1, AHEAD].map((calls) => layerTask(layer, workload, problem, shape, calls));
        const { times, kernels, ...figures } = await figuresOf(task, form, prepared);
        const before = engine.traffic;
        await prepared[0].run();
        const after = engine.traffic;
        return {
          ...times[0],
          aheadMs: times[1].medianMs / AHEAD,
          dispatches: kernels,
          uploadedBytes: after.uploadedBytes - before.uploadedBytes,
          copiedBytes: after.copiedBytes - before.copiedBytes,
          ...figures,
        };
      } finally {
        engine.dispose();
      }
    });
  }
}

async function measureContender(task: Task, { ability, prepare }: Contender): Promise<void> {
  const able = ability(task, 'webgpu');
  if ('refusal' in able) return;
  await print(task, async () => {
    const prepared = [await prepare(task, able.form, 'webgpu')];
    const { times, ...figures } = await figuresOf(task, able.form, prepared);
    const { disposeVariables } = await import('@tensorflow/tfjs-core');
    disposeVariables();
    return { ...times[0], ...figures };
  });
}

/** Prints a line of JSON for a task: its figures, or why there are none. */
async function print(task: object, measure: () => Promise<object>): Promise<void> {
  const result = await measure().catch((error: unknown) => ({ failure: String(error) }));
  console.log(JSON.stringify({ ...task, ...result }));
}

/** Checks the first against the float64 reference, warms all up and measures them in alternation, in ms a run. */
async function figuresOf(task: Task, form: CellForm, prepared: readonly Prepared[]) {
  const started = performance.now();
  const { outputs, kernels } = await prepared[0].check();
  const firstMs = performance.now() - started;
  const maxError = maxErrorOf(outputs, referenceOf(task, form).expected);
  const timers = prepared.map((one) => new CallTimer(one));
  for (const timer of timers) await timer.turn(timeScale * WARM_UP_SECONDS);
  const times = (await alternate(timers, { timeScale })).map(({ rounds, failure }) => {
    if (failure !== undefined) throw new Error(failure);
    const all = rounds.flat();
    return { medianMs: median(all), minMs: Math.min(...all), runs: all.length };
  });
  return { times, kernels, firstMs, maxError, flops: flopsOf(task, form) };
}
