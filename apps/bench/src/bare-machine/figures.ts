import type { Prepared } from '../contenders/contender.js';
import { CallTimer } from '../lanes/call-timer.js';
import { alternate } from '../measure.js';
import { median } from '../statistics.js';
import { flopsOf } from '../workloads/arithmetic.js';
import { maxErrorOf } from '../workloads/error.js';
import { referenceOf } from '../workloads/reference.js';
import { type CellForm, DEFAULT_SHAPES, type Shape, type Task } from '../workloads/workload.js';

export type LayerTask = Task & { readonly workload: 'forward' | 'gradient' };

const CELLS = ['gru', 'lstm', 'sru'];

const WARM_UP_SECONDS = 0.3;

/** What is measured: forward passes and gradients at the shapes that a part is given as JSON, or at the bench's own. */
export function layerTasks(shapes: string | undefined): LayerTask[] {
  const chosen = shapes ? (JSON.parse(shapes) as Shape[]) : DEFAULT_SHAPES.forward;
  return chosen.flatMap((shape) =>
    (['forward', 'gradient'] as const).flatMap((workload) =>
      CELLS.map((cell) => ({ workload, shape, cell })),
    ),
  );
}

/** Prints a line of JSON for a task: its figures, or why there are none. */
export async function print(task: object, measure: () => Promise<object>): Promise<void> {
  const result = await measure().catch((error: unknown) => ({ failure: String(error) }));
  console.log(JSON.stringify({ ...task, ...result }));
}

/** Checks the first against the float64 reference, warms all up and measures them in alternation, in ms a run; for `timeScale` see `RunOptions`. */
export async function figuresOf(
  task: LayerTask,
  form: CellForm,
  prepared: readonly Prepared[],
  timeScale: number,
) {
  const started = performance.now();
  const { outputs, kernels } = await prepared[0].check();
  const firstMs = performance.now() - started;
  const maxError = maxErrorOf(task, form, outputs, referenceOf(task, form).expected);
  const timers = prepared.map((each) => new CallTimer(each));
  for (const timer of timers) await timer.turn(timeScale * WARM_UP_SECONDS);
  const times = (await alternate(timers, { timeScale })).map(({ rounds, failure }) => {
    if (failure !== undefined) throw new Error(failure);
    const all = rounds.flat();
    return { medianMs: median(all), minMs: Math.min(...all), runs: all.length };
  });
  return { times, kernels, firstMs, maxError, flops: flopsOf(task, form) };
}
