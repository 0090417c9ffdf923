import type { Vector } from '../engine/bytes/function-body.js';
import type { ModuleFunction } from '../engine/bytes/wasm-module.js';
import { FrameBody } from './frame-body.js';
import { IntegerLanes } from './integer-code.js';
import { INTEGER_DEPTH, PANEL } from './layout.js';
import { ROW_NUMBERS, ROW_SCALE, ROW_START } from './write-quantized-row.js';

/** Bytes of weights in 8 bits for two rows of the matrix, and of the row's two numbers in 16 bits. */
const PAIR_BYTES = PANEL * 2;
const OPERAND_BYTES = 4;
/** Pairs of a turn of the inner loop, and turns until a sum with a factor of 2⁸ leaves its 32 bits. */
const UNROLLED = INTEGER_DEPTH / 2;
const TURNS = 8;
const LOADS = [0, 16];
const HIGH = [0, 32];
const LOW = [16, 48];
const LOW_BYTES = 0x00ff00ff;

/**
 * Writes a function that multiplies a rounded row with `depth` rows of packed weights in 8 bits. Its parameters are those of
 * `writeProduct`. Sums are exact; each is rounded once to float32, then multiplied by the scales of the row and the column.
 *
 * 16 bits hold two weights of the same row, 256 a + b + 128. Their dot product with the row's numbers has both sums in it, and
 * that of the low bytes alone the second one. So only half of the weights are widened.
 *
 * Ladder (10⁹ additions and multiplications per second, 128 × 384 and 512 × 1536, one core of a Zen 5, Node 20; float32 in the
 * same process has 51 and 48):
 *   1  4 columns × 4 rows, widened as they are loaded, pairs of sums added at the end   63   50
 *   2  4 columns × 2 rows, widened as they are loaded                                   77   78
 *   3  the same, two turns in one                                                       54   54   addresses are spilled
 *   4  two weights in 16 bits, low bytes masked                                         89   89
 * Relaxed SIMD's dot product of 8 and 7 bits, with rows in two halves, has 49 on Node 22, which makes it of six
 * instructions, and 120 on Node 24, which has one for it. It is not used: which of the two it is, a module cannot know.
 */
export function writeIntegerProduct(depth: number): ModuleFunction {
  const body = new FrameBody(4, 3);
  const lanes = new IntegerLanes(body, false);
  const [row, weights, result, panels] = [0, 1, 2, 3].map((index) => body.parameter(index));
  const [blocks, turns, operand] = [body.integer(), body.integer(), body.integer()];
  const [zero] = lanes.constant(0).locals;
  const zeros = { locals: LOADS.map(() => zero) };
  const [both, low, high] = [body.variable(zeros), body.variable(zeros), body.variable(zeros)];

  const once = (write: () => void) =>
    body.within(() => {
      write();
      return undefined;
    });
  /** Multiplies `count` turns of pairs, and moves the sums of high bytes to where 32 bits hold them. */
  const block = (count: number) => {
    body.setInteger(turns, count);
    body.countDown(turns, () => {
      for (let pair = 0; pair < UNROLLED; pair++) {
        once(() => {
          const numbers = body.loadSpread(operand, ROW_NUMBERS + pair * OPERAND_BYTES);
          const offsets = LOADS.map((load) => load + pair * PAIR_BYTES);
          const packed = body.load(weights, null, 4, offsets);
          body.assign(both, lanes.addWhole(both, lanes.dot(packed, numbers)));
          const masked = lanes.and(packed, lanes.bits(LOW_BYTES));
          body.assign(low, lanes.addWhole(low, lanes.dot(masked, numbers)));
        });
      }
      body.addNumber(weights, UNROLLED * PAIR_BYTES);
      body.addNumber(operand, UNROLLED * OPERAND_BYTES);
    });
    once(() => body.assign(high, lanes.addWhole(high, lanes.shiftRight(lanes.subWhole(both, low), 8))));
    body.assign(both, low);
  };
  const store = (sums: Vector, offsets: readonly number[]) =>
    once(() => {
      const scales = body.load(weights, null, 4, offsets);
      const scaled = lanes.mul(lanes.convert(sums), body.loadSpread(row, ROW_SCALE));
      body.store(lanes.mul(scaled, scales), result, null, 4, offsets);
    });

  const all = Math.ceil(depth / INTEGER_DEPTH);
  body.countDown(panels, () => {
    body.assign(high, zeros);
    once(() => body.assign(low, body.loadSpread(row, ROW_START)));
    body.assign(both, low);
    body.setAddress(operand, row, 0);
    if (all >= TURNS) {
      body.setInteger(blocks, Math.floor(all / TURNS));
      body.countDown(blocks, () => block(TURNS));
    }
    if (all % TURNS > 0) block(all % TURNS);
    store(high, HIGH);
    store(low, LOW);
    body.addNumber(weights, PANEL * 4);
    body.addNumber(result, PANEL * 4);
  });
  return { parameters: 4, body };
}
