/**
 * How a GPU goes through the time steps.
 * - `elementwise`: there are no products of states: one dispatch, a thread per batch row and unit.
 * - `resident`: one dispatch, a workgroup per few batch rows, which keeps what products multiply in its own memory.
 * - `stepwise`: a dispatch per stage and step, each spread over the whole GPU.
 */
export type Strategy =
  | { readonly kind: 'elementwise' }
  | {
      readonly kind: 'resident';
      readonly rows: 1 | 4;
      readonly threads: number;
      readonly together: number;
      readonly held: number;
    }
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
}

/**
 * Up to so many weights a workgroup reads them anew at every step (1 MiB out of the GPU's cache) faster than the GPU starts a
 * dispatch for every step, about 8 µs.
 */
const RESIDENT_WEIGHTS = 2 ** 18;

/** The workgroup memory asked for, in numbers, unless more is needed: what every device has. Layers then share pipelines. */
const USUAL_HELD = 4096;

/**
 * How a resident loop is laid out: how many units a thread multiplies for at the same time, at most; the fewest threads of a
 * workgroup. A software adapter runs threads one after the other: there more of them only wait for more others.
 */
const LAYOUTS = {
  gpu: { mostTogether: 1, fewestThreads: 64 },
  software: { mostTogether: 4, fewestThreads: 16 },
} as const;

/**
 * The strategy for a loop on a device.
 *
 * Four rows share each weight that is read, unless there is no memory for four: reading weights is what takes the time, even
 * where fewer rows are left. A workgroup has a thread per unit, or per few units, in powers of two up to what the device allows.
 *
 * @param wanted overrides the choice by size.
 * @throws RangeError when `resident` is wanted and the device has too little workgroup memory for it.
 */
export function chooseStrategy(
  sizes: LoopSizes,
  { limits, isSoftware }: LoopDevice,
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
  const { mostTogether, fewestThreads } = LAYOUTS[isSoftware ? 'software' : 'gpu'];
  const rows = 4 * needed <= room ? 4 : 1;
  const most = Math.min(limits.maxComputeInvocationsPerWorkgroup, limits.maxComputeWorkgroupSizeX);
  const together = Math.min(mostTogether, powerOfTwo(Math.ceil(units / fewestThreads)));
  const threads = powerOfTwo(Math.max(fewestThreads, Math.ceil(units / together)));
  return {
    kind: 'resident',
    rows,
    threads: Math.min(threads, powerOfTwo(most + 1) / 2),
    together,
    held: Math.max(needed, USUAL_HELD / rows),
  };
}

/** The least power of two that is not below a number. */
const powerOfTwo = (least: number): number => 2 ** Math.ceil(Math.log2(least));
