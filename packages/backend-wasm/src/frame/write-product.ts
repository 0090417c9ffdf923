import { Lanes } from '../engine/bytes/lanes.js';
import type { ModuleFunction } from '../engine/bytes/wasm-module.js';
import { FrameBody } from './frame-body.js';
import { PANEL } from './layout.js';

/** Rows of a matrix that one turn of the loop multiplies. */
const UNROLLED = 2;
const ROW_BYTES = PANEL * 4;
const GROUPS = [0, 16, 32, 48];

/**
 * Writes a function that multiplies a row with `depth` rows of packed weights. Its parameters: the addresses of the row, the
 * weights and the result, and the number of panels of 16 columns.
 *
 * Ladder (GFLOP/s, 128 × 384, one core of a Zen 5, Node 20):
 *   1  16 columns, the depth in fours, two sets of sums      27
 *   2  32 columns, the depth in twos                         28
 *   3  16 columns, the depth in fours                        33
 *   4  16 columns, the depth in twos                         52   fewer variables at a time: the compiler spills none
 * With one rounding by relaxed SIMD, 4 has 37: a sum waits longer for the one before it. So products never use it here, and
 * a stream has the same numbers on every machine.
 */
export function writeProduct(depth: number): ModuleFunction {
  const body = new FrameBody(4, 2);
  const lanes = new Lanes(body, false);
  const [row, weights, result, panels] = [0, 1, 2, 3].map((index) => body.parameter(index));
  const [counter, operand] = [body.integer(), body.integer()];
  const zero = lanes.constant(0);
  const zeros = { locals: GROUPS.map(() => zero.locals[0]) };
  const sums = body.variable(zeros);

  /** Multiplies the next `count` rows of the weights. */
  const multiply = (count: number) => {
    for (let step = 0; step < count; step++) {
      body.within(() => {
        const offsets = GROUPS.map((group) => step * ROW_BYTES + group);
        const right = body.load(weights, null, 4, offsets);
        body.assign(sums, lanes.multiplyAdd(body.loadSpread(operand, step * 4), right, sums));
        return undefined;
      });
    }
    body.addNumber(weights, count * ROW_BYTES);
    body.addNumber(operand, count * 4);
  };

  const turns = Math.floor(depth / UNROLLED);
  body.countDown(panels, () => {
    body.assign(sums, zeros);
    body.setAddress(operand, row, 0);
    if (turns > 0) {
      body.setInteger(counter, turns);
      body.countDown(counter, () => multiply(UNROLLED));
    }
    if (depth % UNROLLED > 0) multiply(depth % UNROLLED);
    body.store(sums, result, null, 4, GROUPS);
    body.addNumber(result, ROW_BYTES);
  });
  return { parameters: 4, body };
}
