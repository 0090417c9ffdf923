import * as v from 'valibot';
import { WRONG_ABOVE } from '../workloads/reference.js';
import { type Task, WORKLOADS } from '../workloads/workload.js';

// The data of a run. Each schema is the form of a part in a file; its type is the one that the program uses.

type Frozen<T> = T extends object ? { readonly [Key in keyof T]: Frozen<T[Key]> } : T;
type OutputOf<Schema extends v.GenericSchema> = Frozen<v.InferOutput<Schema>>;

/** Every contender by the name it has in results. */
export const CONTENDERS = [
  'sluice',
  'sluice-engine',
  'sluice-stream',
  'tf.layers',
  'onnxruntime-web',
] as const;
export type ContenderName = (typeof CONTENDERS)[number];

/** The purposes of kernels in a training batch. */
export const KERNEL_GROUPS = [
  'recurrent forward',
  'recurrent gradient',
  'embedding',
  'optimizer',
  'rest',
] as const;
export type KernelGroup = (typeof KERNEL_GROUPS)[number];

const count = v.pipe(v.number(), v.integer(), v.minValue(0));
const duration = v.pipe(v.number(), v.minValue(0));
const task = {
  workload: v.picklist(WORKLOADS),
  shape: v.tuple([count, count, count, count]),
  cell: v.string(),
};
const entry = { ...task, backend: v.string(), threads: count, contender: v.picklist(CONTENDERS) };

/** All calls of a kernel for one purpose, in one batch. */
const kernelTime = v.object({
  kernel: v.string(),
  group: v.picklist(KERNEL_GROUPS),
  calls: v.number(),
  ms: v.number(),
});

/** The time of each kernel in a training batch; means over several batches. */
const profile = v.object({
  batches: count,
  batchMs: v.number(),
  /** All of the optimizer's work with the gradients, of which its kernels are a part. */
  optimizerMs: v.number(),
  /** The slowest first. */
  kernels: v.array(kernelTime),
});

const measured = v.object({
  ...entry,
  medianMs: duration,
  minMs: duration,
  /** A quarter of the measurements are below the first, a quarter above the second. */
  quartilesMs: v.pipe(
    v.tuple([duration, duration]),
    v.check(([first, second]) => first <= second, 'Expected the smaller number first'),
  ),
  /** The number of measurements: single calls, or groups of calls that are too short to be timed alone. */
  runs: count,
  /**
   * The median of each round, from the first. Round `i` of all results of a series was measured at about the same time, so
   * ratios of these do not contain slow changes of the machine.
   */
  roundsMs: v.array(duration),
  /** From loading the library to the first result, see `Checked`. */
  firstMs: duration,
  /** Against the float64 reference, relative to max(1, |reference|). JSON has no infinity: it is null there. */
  maxError: v.pipe(
    v.nullable(v.number()),
    v.transform((error) => error ?? Number.POSITIVE_INFINITY),
  ),
  /** Kernel calls or dispatches of one call. */
  kernels: count,
  /** Floating point operations of the matrix products of one call, see `flopsOf`. */
  flops: count,
  /** The time of each kernel, when the run has profiled it. */
  profile: v.optional(profile),
});
const skipped = v.object({ ...entry, skipped: v.string() });

export const resultSchema = v.lazy((given) => ('skipped' in Object(given) ? skipped : measured));

/** The properties of a machine that decide how fast a backend runs, and whether it runs. */
export const machineSchema = v.object({
  /** `Node 22.1.0 (V8 12.4)`, `Chromium 142`. */
  runtime: v.string(),
  /** `linux x64`, `Android 14`. */
  system: v.string(),
  /** Absent in browsers, which do not tell. */
  processor: v.optional(v.string()),
  memoryGiB: v.optional(v.number()),
  /** Logical cores that the runtime tells of. */
  threads: count,
  /** Whether threads can share memory; in a browser, whether the page is cross-origin isolated. */
  sharedMemory: v.boolean(),
  simd: v.boolean(),
  relaxedSimd: v.boolean(),
  /** The name of the adapter and whether it is software, or why there is none. */
  webgpu: v.union([
    v.object({ adapter: v.string(), software: v.boolean() }),
    v.object({ missing: v.string() }),
  ]),
  /** Versions by name. */
  libraries: v.record(v.string(), v.string()),
});

/** The highest speeds of a backend, in GFLOP/s. No layer is faster. */
export interface Ceiling {
  readonly backend: string;
  /** Of a loop in registers, on every thread at once; see `registerLoopSpeed`. */
  readonly registerLoop: number;
  /** Of a large matrix product; see `matrixProductSpeed`. */
  readonly matrixProduct: number;
}
/** A ceiling, or the reason why there is none. */
export type CeilingReport = Ceiling | { readonly backend: string; readonly skipped: string };

const speed = v.nullable(v.number());
export const ceilingSchema = v.union([
  v.object({ backend: v.string(), skipped: v.string() }),
  v.pipe(
    v.object({ backend: v.string(), registerLoop: speed, matrixProduct: speed }),
    v.transform(
      ({ backend, registerLoop, matrixProduct }): CeilingReport =>
        registerLoop === null || matrixProduct === null
          ? { backend, skipped: 'its speed in the file is not a number' }
          : { backend, registerLoop, matrixProduct },
    ),
  ),
]);

/** The data of a task in a file, beside its results. */
export const taskSchema = v.object({
  ...task,
  /** Facts that a reader needs to judge the comparison. */
  notes: v.array(v.string()),
  /** The part of the results that was compared with the reference; absent when nothing was. */
  covers: v.optional(v.string()),
});

export type Machine = OutputOf<typeof machineSchema>;
export type KernelTime = OutputOf<typeof kernelTime>;
export type Profile = OutputOf<typeof profile>;
export type TaskNotes = OutputOf<typeof taskSchema>;
export type Measured = OutputOf<typeof measured>;
export type Skipped = OutputOf<typeof skipped>;
export type Result = Measured | Skipped;
/** A task with the contender and the backend that compute it. */
export type Entry = Omit<Skipped, 'skipped'>;

/** The results of one task. */
export interface TaskReport extends Pick<TaskNotes, 'notes' | 'covers'> {
  readonly task: Task;
  readonly results: readonly Result[];
}

export const isMeasured = (result: Result): result is Measured => !('skipped' in result);

/** Whether the error of a result is larger than rounding. Wrong results are not ranked. */
export const isWrong = ({ workload, maxError }: Measured): boolean => !(maxError <= WRONG_ABOVE[workload]);

/** The results that are compared: measured, and not wrong. */
export const rankedOf = (results: readonly Result[]): Measured[] =>
  results.filter(isMeasured).filter((result) => !isWrong(result));

/** The least median; Infinity of nothing. */
export const fastest = (results: readonly Measured[]): number =>
  Math.min(...results.map(({ medianMs }) => medianMs));

/** GFLOP/s of the matrix products alone, if they took the whole time. */
export const speedOf = ({ flops, medianMs }: Measured): number => flops / medianMs / 1e6;
