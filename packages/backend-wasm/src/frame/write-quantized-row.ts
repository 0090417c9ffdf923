import { largestWhole, SMALLEST_ROW } from '@sluice/core/quantized-rows';
import type { Integer, Vector } from '../engine/bytes/function-body.js';
import type { ModuleFunction } from '../engine/bytes/wasm-module.js';
import { IntegerBody, IntegerLanes } from './integer-code.js';

/** Places of a rounded row, in bytes: its scale, where the sums of its products start, and the whole numbers in 16 bits. */
export const ROW_SCALE = 0;
export const ROW_START = 4;
export const ROW_NUMBERS = 16;

/** 1.5 · 2²³: added to a small number, it leaves the nearest whole number in the lowest bits; of two, the even one. */
const ROUNDING = 12_582_912;
const ROUNDING_BITS = 0x4b400000;
const MAGNITUDE = 0x7fffffff;
/** −128 in both halves: the low bytes of weights hold the weight plus 128. */
const LOW_BYTES = 0xff80ff80;

/**
 * Writes a function that rounds a row of `depth` numbers to whole numbers. Its parameters: the addresses of the row and of
 * the result. The row's scale is NaN when a number of it is not finite, and so is every product then.
 */
export function writeQuantizedRow(depth: number): ModuleFunction {
  const body = new IntegerBody(2, 3);
  const lanes = new IntegerLanes(body, false);
  const [row, result] = [body.parameter(0), body.parameter(1)];
  const [counter, from, to] = [body.integer(), body.integer(), body.integer()];
  const [turns, rest] = [Math.floor(depth / 8), depth % 8];

  /** Calls `write` for each eight numbers, as two vectors; there are zeros behind the last number. */
  const forEight = (write: (numbers: Vector) => void) => {
    const once = (load: () => Vector) =>
      body.within(() => {
        write(load());
        return undefined;
      });
    body.setAddress(from, row, 0);
    body.setInteger(counter, turns);
    body.countDown(counter, () => {
      once(() => body.load(from, null, 4, [0, 16]));
      body.addNumber(from, 32);
    });
    if (rest > 0) {
      once(() => {
        const [first] = loadUpTo(body, from, 0, Math.min(rest, 4)).locals;
        const [second] = rest > 4 ? loadUpTo(body, from, 16, rest - 4).locals : lanes.constant(0).locals;
        return { locals: [first, second] };
      });
    }
  };
  const [zero] = lanes.constant(0).locals;
  // Magnitudes are in the order of their bits, and those of NaN are above all.
  const largest = body.variable({ locals: [zero, zero] });
  forEight((numbers) =>
    body.assign(largest, lanes.maxWhole(largest, lanes.and(numbers, lanes.bits(MAGNITUDE)))),
  );
  const most = largestWhole(depth);
  const bound = lanes.max(acrossAll(body, largest, lanes.maxWhole), SMALLEST_ROW);
  const inverse = lanes.div(most, bound);
  const finite = lanes.sub(bound, bound);
  body.store(lanes.add(lanes.div(bound, most), finite), result, null, 1, [ROW_SCALE]);
  const sums = body.variable({ locals: [zero] });
  body.setAddress(to, result, 0);
  forEight((numbers) => {
    const whole = lanes.subWhole(lanes.add(lanes.mul(numbers, inverse), ROUNDING), lanes.bits(ROUNDING_BITS));
    const short = lanes.narrow({ locals: [whole.locals[0]] }, { locals: [whole.locals[1]] });
    body.store(short, to, null, 4, [ROW_NUMBERS]);
    body.assign(sums, lanes.addWhole(sums, lanes.dot(short, lanes.bits(LOW_BYTES))));
    body.addNumber(to, 16);
  });
  body.store(acrossAll(body, sums, lanes.addWhole), result, null, 1, [ROW_START]);
  return { parameters: 2, body };
}

/** Loads one to four numbers, and zeros behind them. */
function loadUpTo(body: IntegerBody, base: Integer, offset: number, count: number): Vector {
  if (count === 4) return body.load(base, null, 4, [offset]);
  const one = (index: number) => body.load(base, null, 1, [offset + index * 4]);
  const first = one(0);
  if (count === 1) return first;
  const two = body.shuffle(first, one(1), [0, 4, 1, 1]);
  return count === 2 ? two : body.shuffle(two, one(2), [0, 1, 4, 5]);
}

/** Combines all lanes of all vectors; each lane of the result has the same number. */
function acrossAll(body: IntegerBody, vectors: Vector, combine: (a: Vector, b: Vector) => Vector): Vector {
  const all = vectors.locals.map((local): Vector => ({ locals: [local] })).reduce((a, b) => combine(a, b));
  const half = combine(all, body.shuffle(all, all, [2, 3, 0, 1]));
  return combine(half, body.shuffle(half, half, [1, 0, 3, 2]));
}
