import * as v from 'valibot';
import type { CeilingReport } from '../ceilings/ceilings.js';
import { CONTENDERS, type ContenderName } from '../contenders/catalogue.js';
import { KERNEL_GROUPS } from '../contenders/kernel-profile.js';
import type { Machine } from '../machine.js';
import type { Result, TaskReport } from '../run/results.js';
import { type Task, WORKLOADS } from '../workloads/workload.js';

/** The data of a task in a file, beside its results. */
export type TaskNotes = Task & Pick<TaskReport, 'notes' | 'covers'>;

/** The contents of a file of results. A number that was not finite is null. */
export interface Contents {
  readonly date?: string | null;
  readonly machine?: Machine | null;
  readonly ceilings?: readonly (CeilingReport | null)[] | null;
  readonly tasks?: readonly TaskNotes[];
  readonly results: readonly Result[];
}

const count = v.pipe(v.number(), v.integer(), v.minValue(0));
const duration = v.pipe(v.number(), v.minValue(0));
const backend = v.string();
const task = {
  workload: v.picklist(WORKLOADS),
  shape: v.tuple([count, count, count, count]),
  cell: v.string(),
};
const entry = {
  ...task,
  backend,
  threads: count,
  contender: v.picklist(CONTENDERS as readonly ContenderName[]),
};
const kernel = v.object({
  kernel: v.string(),
  group: v.picklist(KERNEL_GROUPS),
  calls: v.number(),
  ms: v.number(),
});
const measured = v.object({
  ...entry,
  medianMs: duration,
  minMs: duration,
  quartilesMs: v.tuple([duration, duration]),
  runs: count,
  roundsMs: v.array(duration),
  firstMs: duration,
  maxError: v.nullable(v.number()),
  kernels: count,
  flops: count,
  profile: v.optional(
    v.object({ batches: count, batchMs: v.number(), optimizerMs: v.number(), kernels: v.array(kernel) }),
  ),
});
const skipped = v.object({ ...entry, skipped: v.string() });
const machine = v.object({
  runtime: v.string(),
  system: v.string(),
  processor: v.optional(v.string()),
  memoryGiB: v.optional(v.number()),
  threads: count,
  sharedMemory: v.boolean(),
  simd: v.boolean(),
  relaxedSimd: v.boolean(),
  webgpu: v.union([
    v.object({ adapter: v.string(), software: v.boolean() }),
    v.object({ missing: v.string() }),
  ]),
  libraries: v.record(v.string(), v.string()),
});
const ceiling = v.union([
  v.object({ backend, registerLoop: v.nullable(v.number()), matrixProduct: v.nullable(v.number()) }),
  v.object({ backend, skipped: v.string() }),
]);
const contents = v.object({
  date: v.nullish(v.string()),
  machine: v.nullish(machine),
  ceilings: v.nullish(v.array(v.nullable(ceiling))),
  tasks: v.optional(
    v.array(v.object({ ...task, notes: v.array(v.string()), covers: v.optional(v.string()) })),
  ),
});

/** @throws Error that names the first field that is missing or wrong. */
export function checkContents(given: object): Contents {
  const { results } = given as { results: readonly object[] };
  check(contents, given, '');
  results.forEach((result, i) => {
    check('skipped' in result ? skipped : measured, result, `results[${i}]`);
  });
  return given as Contents;
}

function check(schema: v.GenericSchema, value: unknown, place: string): void {
  const { issues } = v.safeParse(schema, value);
  if (issues === undefined) return;
  const [{ message, path = [], received }] = issues;
  const names = [place, ...path.map(({ key }) => (typeof key === 'number' ? `[${key}]` : `.${key}`))];
  const name = names.join('').replace(/^\./, '');
  throw new Error(
    received === 'undefined' ? `The field ${name} is missing.` : `The field ${name} is wrong: ${message}.`,
  );
}
