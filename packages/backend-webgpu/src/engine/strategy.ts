import type { RowsTogether } from './loop/products.js';

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
      readonly rows: RowsTogether;
      readonly threads: number;
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
  /** Blocks that the products of one stage have as results: pairs of threads hand them over. */
  readonly results: number;
}

export type LoopLimits = Pick<
  GPUSupportedLimits,
  'maxComputeWorkgroupStorageSize' | 'maxComputeInvocationsPerWorkgroup' | 'maxComputeWorkgroupSizeX'
>;

/**
 * Up to so many weights a workgroup reads them anew at every step (1 MiB out of the GPU's cache) faster than the GPU starts a
 * dispatch for every step, about 8 µs.
 */
const RESIDENT_WEIGHTS = 2 ** 18;

/** The workgroup memory asked for, in numbers, unless more is needed: what every device has. Layers then share pipelines. */
const USUAL_MEMORY = 4096;
const FEWEST_THREADS = 64;

/**
 * The strategy for a loop on a device.
 *
 * Four rows share each weight that is read, unless there is no memory for four: reading weights is what takes the time, even
 * where fewer rows are left. A workgroup has a thread per unit, in powers of two from 64 up to what the device allows and has
 * memory for.
 *
 * @param wanted overrides the choice by size.
 * @throws RangeError when `resident` is wanted and the device has too little workgroup memory for it.
 */
export function chooseStrategy(sizes: LoopSizes, limits: LoopLimits, wanted?: StrategyName): Strategy {
  const { units, multiplications, heldBlocks, results } = sizes;
  if (multiplications === 0) return { kind: 'elementwise' };
  if (wanted === 'stepwise') return { kind: 'stepwise' };
  const room = Math.floor(limits.maxComputeWorkgroupStorageSize / 4);
  const needed = (threads: number) => heldBlocks * units + results * threads;
  if (needed(FEWEST_THREADS) > room) {
    if (wanted === undefined) return { kind: 'stepwise' };
    throw new RangeError(
      `The strategy 'resident' needs ${4 * needed(FEWEST_THREADS)} bytes of workgroup memory for ${units} units, but the ` +
        `device has ${4 * room}; leave the choice to the backend, or take 'stepwise'.`,
    );
  }
  if (wanted === undefined && multiplications > RESIDENT_WEIGHTS) return { kind: 'stepwise' };
  const rows = 4 * needed(FEWEST_THREADS) <= room ? 4 : 1;
  const most = Math.min(limits.maxComputeInvocationsPerWorkgroup, limits.maxComputeWorkgroupSizeX);
  let threads = Math.min(powerOfTwo(Math.max(FEWEST_THREADS, units)), powerOfTwo(most + 1) / 2);
  while (threads > FEWEST_THREADS && rows * needed(threads) > room) threads /= 2;
  const held = Math.max(1, heldBlocks * units, USUAL_MEMORY / rows - results * threads);
  return { kind: 'resident', rows, threads, held };
}

/** The least power of two that is not below a number. */
const powerOfTwo = (least: number): number => 2 ** Math.ceil(Math.log2(least));
