import { QUAD_NUMBERING, type ResidentSizes } from './loop/resident.js';

/**
 * How a GPU runs the time loop.
 * - `elementwise`: one dispatch, a thread per batch row and unit, for cells without products of states.
 * - `resident`: one dispatch, a workgroup per few batch rows, with the operands of products in workgroup memory.
 * - `stepwise`: a dispatch per stage and step, each over the whole GPU.
 * - `parallel`: a few dispatches, each over all steps, for linear recurrences (`takesParallel`).
 */
export type Strategy =
  | { readonly kind: 'parallel' }
  | { readonly kind: 'elementwise' }
  | ({ readonly kind: 'resident' } & ResidentSizes)
  | { readonly kind: 'stepwise' };

/**
 * The strategies that a user may choose. `parallel` is for cells whose recurrence is linear; others run as if nothing was chosen.
 * Cells without products of states run `elementwise` whichever of the other two is chosen.
 */
export type StrategyName = 'resident' | 'stepwise' | 'parallel';

/** The sizes that the choice of a strategy depends on. */
export interface LoopSizes {
  /** The width of the widest stage. */
  readonly units: number;
  /** Whether the time loop can be `elementwise`. */
  readonly isElementwise: boolean;
  /** Multiplications of one batch row at one step. */
  readonly multiplications: number;
  /** The numbers of a batch row in workgroup memory: the operands of products, two rows if they take turns. */
  readonly operandNumbers: number;
  /** The depths of products. */
  readonly depths: readonly number[];
}

export type LoopLimits = Pick<
  GPUSupportedLimits,
  'maxComputeWorkgroupStorageSize' | 'maxComputeInvocationsPerWorkgroup' | 'maxComputeWorkgroupSizeX'
>;

/** The properties of a device that the choice depends on. */
export interface LoopDevice {
  readonly limits: LoopLimits;
  /** Whether it is a software adapter, which runs the threads of a workgroup one after another. */
  readonly isSoftware: boolean;
  /** Whether it has the feature `subgroups`, by which threads exchange numbers. */
  readonly subgroups: boolean;
}

/**
 * The most weights for `resident`. A workgroup reads these (1 MiB from the GPU's cache) at every step in less time than the
 * GPU takes to start a dispatch, about 8 µs.
 */
const MAX_RESIDENT_WEIGHTS = 2 ** 18;

/** The usual size of workgroup memory in numbers, which every device has. One size lets layers share pipelines. */
const USUAL_CAPACITY = 4096;

/**
 * Limits for the layout of a resident loop: batch rows per workgroup, units that a thread multiplies together, threads per
 * workgroup, and the role of quads. A software adapter runs threads one after another, so more threads only add waiting;
 * there each number that is read should be used often. A fixed number of threads means fewer kernels to compile.
 */
const LAYOUTS = {
  gpu: {
    maxRows: 4,
    maxTogether: 1,
    minThreads: 64,
    maxThreads: Number.POSITIVE_INFINITY,
    inQuads: 'unit',
  },
  software: { maxRows: 8, maxTogether: 4, minThreads: 32, maxThreads: 32, inQuads: 'reading' },
} as const;

/**
 * Chooses the strategy for a loop on a device.
 *
 * Reading weights takes most of the time, so four or eight rows share each weight that is read if they fit in memory. On a
 * GPU a workgroup has a thread per unit, or with subgroups a quad, rounded up to a power of two that the device allows.
 *
 * @param requested overrides the choice by sizes.
 * @throws RangeError when `resident` is requested and the device has too little workgroup memory for it.
 */
export function chooseStrategy(
  sizes: LoopSizes,
  { limits, isSoftware, subgroups }: LoopDevice,
  requested?: StrategyName,
): Strategy {
  const { units, isElementwise, multiplications, operandNumbers, depths } = sizes;
  if (isElementwise) return { kind: 'elementwise' };
  if (requested === 'stepwise') return { kind: 'stepwise' };
  const memory = Math.floor(limits.maxComputeWorkgroupStorageSize / 4);
  const needed = Math.max(1, operandNumbers);
  if (needed > memory) {
    if (requested === undefined) return { kind: 'stepwise' };
    throw new RangeError(
      `The strategy 'resident' needs ${4 * needed} bytes of workgroup memory for ${units} units, but the device has ` +
        `${4 * memory}; leave the choice to the backend, or take 'stepwise'.`,
    );
  }
  if (requested === undefined && multiplications > MAX_RESIDENT_WEIGHTS) return { kind: 'stepwise' };
  const { maxRows, maxTogether, minThreads, maxThreads, inQuads } = LAYOUTS[isSoftware ? 'software' : 'gpu'];
  const isSmall = units <= minThreads;
  const together = isSmall ? 1 : maxTogether;
  // Small layers use four rows: kernels for eight take longer to compile.
  const rowLimit = isSmall ? 4 : maxRows;
  const rows = ([8, 4] as const).find((few) => few <= rowLimit && few * needed <= memory) ?? 1;
  const { maxComputeInvocationsPerWorkgroup, maxComputeWorkgroupSizeX } = limits;
  const allowed = Math.min(maxComputeInvocationsPerWorkgroup, maxComputeWorkgroupSizeX, maxThreads);
  const limit = powerOfTwo(allowed + 1) / 2;
  const canUse = {
    // With fewer threads than units, each thread has enough work without quads.
    unit: units < limit && rows * needed + QUAD_NUMBERING <= memory,
    // Quads share reads only for units that a thread multiplies together.
    reading: together > 1 && depths.every((depth) => depth % 4 === 0),
  };
  const quads = subgroups && canUse[inQuads] ? inQuads : 'none';
  const wanted = Math.ceil(units / together) * (quads === 'unit' ? 4 : 1);
  return {
    kind: 'resident',
    rows,
    threads: Math.min(limit, powerOfTwo(Math.max(minThreads, wanted))),
    together,
    quads,
    capacity: Math.max(needed, Math.floor((USUAL_CAPACITY - (quads === 'unit' ? QUAD_NUMBERING : 0)) / rows)),
  };
}

/** In less time than a dispatch takes to start, a thread takes tens of steps; a parallel loop has four dispatches more or so. */
const MIN_PARALLEL_STEPS = 64;

/** So many threads keep a GPU busy (an estimate: a small one runs 2,000 to 8,000 at once, a large one 100,000 and more). */
const MAX_ELEMENTWISE_THREADS = 2 ** 13;

/** The sizes that the choice between a loop of steps and a parallel one depends on. */
export interface ParallelSizes {
  /** Batch rows times the width of the widest stage. */
  readonly threads: number;
  /** Whether the loop of steps is `elementwise`. */
  readonly isElementwise: boolean;
  /** The steps of a sequence for which the rows of all stages have memory at once. */
  readonly stepsAtOnce: number;
}

/**
 * Chooses whether a linear recurrence is taken over all steps at once.
 *
 * A parallel loop reads factors and addends twice and writes each row of a stage to memory, about three times the traffic of an
 * elementwise loop, which keeps them in registers. It should pay where the elementwise loop has too few threads to keep a GPU busy;
 * this has not been measured on a GPU. Software adapters run threads one after another, so there it does not pay. Loops with
 * matrix products or operations on whole rows in their steps gain everywhere: their threads wait for each other in every step.
 *
 * On a software adapter, two cores shared with other work, seconds of three runs, at once against step by step:
 *   minGRU, 1 × 100,000 × 64 units   forward 1.7–5.2 against 2.1–2.6   gradient 5.7–8.8 against 4.5–5.1
 *   S6,     1 × 2,000 × 64 units     forward 0.4–0.8 against 3.4–3.8   gradient 0.3–1.4 against 3.5–4.9
 */
export function takesParallel(
  { threads, isElementwise, stepsAtOnce }: ParallelSizes,
  { isSoftware }: Pick<LoopDevice, 'isSoftware'>,
): boolean {
  if (stepsAtOnce < MIN_PARALLEL_STEPS) return false;
  return !isElementwise || (!isSoftware && threads < MAX_ELEMENTWISE_THREADS);
}

/** The smallest power of two that is at least a number. */
const powerOfTwo = (least: number): number => 2 ** Math.ceil(Math.log2(least));
