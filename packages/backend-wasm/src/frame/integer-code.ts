import type { Vector } from '../engine/bytes/function-body.js';
import { Lanes } from '../engine/bytes/lanes.js';
import { FrameBody } from './frame-body.js';

/** The code of a function on whole numbers. Networks with float32 weights do not load it. */
export class IntegerBody extends FrameBody {
  /** Four of the eight numbers of two vectors: 0 to 3 are those of `a`, 4 to 7 those of `b`. */
  shuffle(a: Vector, b: Vector, numbers: readonly number[]): Vector {
    const local = this.newVector();
    this.get(a.locals[0]);
    this.get(b.locals[0]);
    this.simd(0x0d);
    for (const number of numbers) for (let byte = 0; byte < 4; byte++) this.code.push(number * 4 + byte);
    this.set(local);
    return { locals: [local] };
  }
}

/** Arithmetic with whole numbers of 16 and 32 bits besides. */
export class IntegerLanes extends Lanes {
  /** The larger of 32-bit integers. */
  readonly maxWhole = this.operation(0xb8);
  /** Two vectors of 32-bit integers as one of 16-bit integers. */
  readonly narrow = this.operation(0x85);
  /** Products of 16-bit integers, added in pairs to 32-bit integers. */
  readonly dot = this.operation(0xba);
}
