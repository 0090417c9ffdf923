import type { Integer } from '../engine/bytes/function-body.js';
import { Lanes } from '../engine/bytes/lanes.js';
import type { ModuleFunction } from '../engine/bytes/wasm-module.js';
import { FrameBody } from './frame-body.js';
import { PANEL_WIDTHS } from './layout.js';

/** Rows of a matrix that one turn of the loop multiplies. */
const UNROLLED = 4;

/**
 * Writes a function that multiplies a row with `depth` rows of packed weights. Its parameters: the addresses of the row, the
 * weights and the result, and the number of panels of each width.
 *
 * Ladder (GFLOP/s, 128 × 384, one core of a Zen 5, Node 20):
 *   1  16 columns, the depth in fours, two sets of sums      27
 *   2  32 columns, the depth in twos                         28
 *   3  16 columns, the depth in fours                        33
 *   4  16 columns, the depth in twos                         52   fewer variables at a time: the compiler spills none
 * One core of a Zen 4, where reading the weights alone is 49:
 *   4                                                        36   each sum waits for an addition
 *   5  24 columns, an exit behind each row, the depth in fours     39   six sums do not wait
 * V8 loads all vectors of a basic block before it uses them: without the exits it spills, and has 31. The limit is now the
 * number of instructions; 28 columns are no faster.
 * With one rounding by relaxed SIMD, 4 has 37 on the Zen 5: a sum waits longer for the one before it. So products never use
 * it here, and a stream has the same numbers on every machine.
 */
export function writeProduct(depth: number): ModuleFunction {
  const parameters = 3 + PANEL_WIDTHS.length;
  const body = new FrameBody(parameters, 3);
  const lanes = new Lanes(body, false);
  const [row, weights, result] = [0, 1, 2].map((index) => body.parameter(index));
  const [counter, operand, right] = [body.integer(), body.integer(), body.integer()];
  const zero = lanes.constant(0);

  const multiplyPanels = (count: Integer, columns: number) => {
    const rowBytes = columns * 4;
    const groups = Array.from({ length: columns / 4 }, (_, group) => group * 16);
    const zeros = { locals: groups.map(() => zero.locals[0]) };
    const sums = body.variable(zeros);
    const multiplyRow = (step: number) =>
      body.within(() => {
        const offsets = groups.map((group) => step * rowBytes + group);
        const vectors = body.load(right, null, 4, offsets);
        body.assign(sums, lanes.multiplyAdd(body.loadSpread(operand, step * 4), vectors, sums));
        return undefined;
      });
    const advance = () => {
      body.addNumber(right, UNROLLED * rowBytes);
      body.addNumber(operand, UNROLLED * 4);
    };
    body.countDown(count, () => {
      body.assign(sums, zeros);
      body.setAddress(operand, row, 0);
      body.setAddress(right, weights, 0);
      body.setInteger(counter, depth);
      body.countDownUnrolled(counter, UNROLLED, multiplyRow, advance);
      body.store(sums, result, null, 4, groups);
      body.addNumber(weights, depth * rowBytes);
      body.addNumber(result, rowBytes);
    });
    body.discard(sums);
  };
  PANEL_WIDTHS.forEach((columns, i) => {
    multiplyPanels(body.parameter(3 + i), columns);
  });
  return { parameters, body };
}
