import type { Integer, Vector } from '../engine/bytes/function-body.js';
import type { ModuleFunction } from '../engine/bytes/wasm-module.js';
import { FrameBody } from './frame-body.js';
import { IntegerLanes } from './integer-code.js';
import { INTEGER_DEPTH, PANEL } from './layout.js';
import { ROW_NUMBERS, ROW_SCALE, ROW_START } from './write-quantized-row.js';

/** The columns of panels, the widest first. */
export const INTEGER_PANEL_WIDTHS = [PANEL * 2, PANEL];
/** Bytes of two numbers of the row in 16 bits. */
const OPERAND_BYTES = 4;
/** Pairs of a turn of the inner loop: the first that divides their number. */
const UNROLLED = [4, INTEGER_DEPTH / 2];
/** Pairs until a sum with a factor of 2⁸ leaves its 32 bits. */
const PAIRS = 16;
/** The first columns of sums of high and of low bytes, in bytes of float32. */
const HIGH = 0;
const LOW = 16;
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
 * One core of a Zen 4, where a step of GRU 128 and 512 took 3.9 and 48.9 µs with 4:
 *   5  32 columns, an exit behind each pair (see `writeProduct`)   3.5 and 47.3 µs
 * Relaxed SIMD's dot product of 8 and 7 bits, with rows in two halves, has 49 on Node 22, which makes it of six
 * instructions, and 120 on Node 24, which has one for it. It is not used: which of the two it is, a module cannot know.
 */
export function writeIntegerProduct(depth: number): ModuleFunction {
  const parameters = 3 + INTEGER_PANEL_WIDTHS.length;
  const body = new FrameBody(parameters, 3);
  const lanes = new IntegerLanes(body, false);
  const [row, weights, result] = [0, 1, 2].map((index) => body.parameter(index));
  const [blocks, pairs, operand] = [body.integer(), body.integer(), body.integer()];
  const [zero] = lanes.constant(0).locals;
  const allPairs = Math.ceil(depth / INTEGER_DEPTH) * (INTEGER_DEPTH / 2);

  const once = (write: () => void) =>
    body.within(() => {
      write();
      return undefined;
    });
  /** Multiplies with `count` panels of some columns. */
  const multiplyPanels = (count: Integer, columns: number) => {
    const pairBytes = columns * 2;
    const loads = Array.from({ length: columns / 8 }, (_, load) => load * 16);
    const zeros = { locals: loads.map(() => zero) };
    const [both, low, high] = [body.variable(zeros), body.variable(zeros), body.variable(zeros)];
    const multiplyPair = (pair: number) =>
      once(() => {
        const numbers = body.loadSpread(operand, ROW_NUMBERS + pair * OPERAND_BYTES);
        const offsets = loads.map((load) => load + pair * pairBytes);
        const packed = body.load(weights, null, 4, offsets);
        body.assign(both, lanes.addWhole(both, lanes.dot(packed, numbers)));
        const masked = lanes.and(packed, lanes.bits(LOW_BYTES));
        body.assign(low, lanes.addWhole(low, lanes.dot(masked, numbers)));
      });
    /** Multiplies some pairs, and moves the sums of high bytes to where 32 bits hold them. */
    const block = (length: number) => {
      const unrolled = UNROLLED.find((each) => length % each === 0) as number;
      body.setInteger(pairs, length);
      body.countDownUnrolled(pairs, unrolled, multiplyPair, () => {
        body.addNumber(weights, unrolled * pairBytes);
        body.addNumber(operand, unrolled * OPERAND_BYTES);
      });
      once(() => body.assign(high, lanes.addWhole(high, lanes.shiftRight(lanes.subWhole(both, low), 8))));
      body.assign(both, low);
    };
    const store = (sums: Vector, first: number) =>
      once(() => {
        const offsets = loads.map((load) => load * 2 + first);
        const scales = body.load(weights, null, 4, offsets);
        const scaled = lanes.mul(lanes.convert(sums), body.loadSpread(row, ROW_SCALE));
        body.store(lanes.mul(scaled, scales), result, null, 4, offsets);
      });

    body.countDown(count, () => {
      body.assign(high, zeros);
      once(() => body.assign(low, body.loadSpread(row, ROW_START)));
      body.assign(both, low);
      body.setAddress(operand, row, 0);
      if (allPairs >= PAIRS) {
        body.setInteger(blocks, Math.floor(allPairs / PAIRS));
        body.countDown(blocks, () => block(PAIRS));
      }
      if (allPairs % PAIRS > 0) block(allPairs % PAIRS);
      store(high, HIGH);
      store(low, LOW);
      body.addNumber(weights, columns * 4);
      body.addNumber(result, columns * 4);
    });
    for (const sums of [both, low, high]) body.discard(sums);
  };
  INTEGER_PANEL_WIDTHS.forEach((columns, i) => {
    multiplyPanels(body.parameter(3 + i), columns);
  });
  return { parameters, body };
}
