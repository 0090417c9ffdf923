import { QUAD_NUMBERING, type ResidentSizes } from './loop/resident.js';

/**
 * How a GPU goes through the time steps.
 * - `elementwise`: there are no products of states: one dispatch, a thread per batch row and unit.
 * - `resident`: one dispatch, a workgroup per few batch rows, which keeps what products multiply in its own memory.
 * - `stepwise`: a dispatch per stage and step, each spread over the whole GPU.
 */
export type Strategy =
  | { readonly kind: 'elementwise' }
  | ({ readonly kind: 'resident' } & ResidentSizes)
  | { readonly kind: 'stepwise' };

/** The strategies that a user may ask for; cells without products of states are always run element by element. */
export type StrategyName = 'resident' | 'stepwise';

/** What a strategy is chosen by. */
export interface LoopSizes {
  readonly units: number;
  /** Multiplications in the products of one batch row at one step; 0 where there are none. */
  readonly multiplications: number;
  /** Rows of `units` numbers that products multiply, as often as they have to be kept. */
  readonly heldBlocks: number;
}

export type LoopLimits = Pick<
  GPUSupportedLimits,
  'maxComputeWorkgroupStorageSize' | 'maxComputeInvocationsPerWorkgroup' | 'maxComputeWorkgroupSizeX'
>;

/** What is known of a device. */
export interface LoopDevice {
  readonly limits: LoopLimits;
  /** Whether it is a program on the processor, which runs the threads of a workgroup one after the other. */
  readonly isSoftware: boolean;
  /** Whether its threads may read what others of their subgroup have. */
  readonly subgroups: boolean;
}

/**
 * Up to so many weights a workgroup reads them anew at every step (1 MiB out of the GPU's cache) faster than the GPU starts a
 * dispatch for every step, about 8 µs.
 */
const RESIDENT_WEIGHTS = 2 ** 18;

/** The workgroup memory asked for, in numbers, unless more is needed: what every device has. Layers then share pipelines. */
const USUAL_HELD = 4096;

/**
 * How a resident loop is laid out: the batch rows of a workgroup and the units a thread multiplies for at the same time, at most; how
 * many threads a workgroup has; what quads do where they can. A software adapter runs threads one after the other: there more of them only
 * wait for more others, and what counts is how often something that was read is used. That they are always as many saves it compiling.
 */
const LAYOUTS = {
  gpu: {
    mostRows: 4,
    mostTogether: 1,
    fewestThreads: 64,
    mostThreads: Number.POSITIVE_INFINITY,
    inQuads: 'unit',
  },
  software: { mostRows: 8, mostTogether: 4, fewestThreads: 32, mostThreads: 32, inQuads: 'reading' },
} as const;

/**
 * The strategy for a loop on a device.
 *
 * Four rows or eight share each weight that is read, unless there is no memory for them: reading weights is what takes the time, even
 * where fewer rows are left. A GPU's workgroup has a thread per unit, or with subgroups a quad, in powers of two up to what the
 * device allows.
 *
 * @param wanted overrides the choice by size.
 * @throws RangeError when `resident` is wanted and the device has too little workgroup memory for it.
 */
export function chooseStrategy(
  sizes: LoopSizes,
  { limits, isSoftware, subgroups }: LoopDevice,
  wanted?: StrategyName,
): Strategy {
  const { units, multiplications, heldBlocks } = sizes;
  if (multiplications === 0) return { kind: 'elementwise' };
  if (wanted === 'stepwise') return { kind: 'stepwise' };
  const room = Math.floor(limits.maxComputeWorkgroupStorageSize / 4);
  const needed = Math.max(1, heldBlocks * units);
  if (needed > room) {
    if (wanted === undefined) return { kind: 'stepwise' };
    throw new RangeError(
      `The strategy 'resident' needs ${4 * needed} bytes of workgroup memory for ${units} units, but the device has ` +
        `${4 * room}; leave the choice to the backend, or take 'stepwise'.`,
    );
  }
  if (wanted === undefined && multiplications > RESIDENT_WEIGHTS) return { kind: 'stepwise' };
  const { mostRows, mostTogether, fewestThreads, mostThreads, inQuads } =
    LAYOUTS[isSoftware ? 'software' : 'gpu'];
  const isSmall = units <= fewestThreads;
  const together = isSmall ? 1 : mostTogether;
  // Small layers have four in any case: eight take longer to compile.
  const wantedRows = isSmall ? 4 : mostRows;
  const rows = ([8, 4] as const).find((few) => few <= wantedRows && few * needed <= room) ?? 1;
  const { maxComputeInvocationsPerWorkgroup, maxComputeWorkgroupSizeX } = limits;
  const allowed = Math.min(maxComputeInvocationsPerWorkgroup, maxComputeWorkgroupSizeX, mostThreads);
  const most = powerOfTwo(allowed + 1) / 2;
  const canBe = {
    // Where there are fewer threads than units, each has enough to do.
    unit: units < most && rows * needed + QUAD_NUMBERING <= room,
    // What is read together is read for units that are multiplied together.
    reading: together > 1 && units % 4 === 0,
  };
  const quads = subgroups && canBe[inQuads] ? inQuads : 'none';
  const wanting = Math.ceil(units / together) * (quads === 'unit' ? 4 : 1);
  return {
    kind: 'resident',
    rows,
    threads: Math.min(most, powerOfTwo(Math.max(fewestThreads, wanting))),
    together,
    quads,
    held: Math.max(needed, Math.floor((USUAL_HELD - (quads === 'unit' ? QUAD_NUMBERING : 0)) / rows)),
  };
}

/** The least power of two that is not below a number. */
const powerOfTwo = (least: number): number => 2 ** Math.ceil(Math.log2(least));
