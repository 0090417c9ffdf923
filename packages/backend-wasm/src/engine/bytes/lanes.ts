import type { FunctionBody, Vector } from './function-body.js';

const bitsOf = new Uint32Array(1);
const numberOf = new Float32Array(bitsOf.buffer);

/**
 * Writes arithmetic on four float32 numbers at a time into a function. An operand may be a number, which becomes a
 * constant. The names are WebAssembly's.
 */
export class Lanes {
  constructor(
    private readonly body: FunctionBody,
    private readonly relaxedSimd: boolean,
  ) {}

  constant(value: number): Vector {
    numberOf[0] = value;
    return this.body.constantBits(bitsOf[0]);
  }
  bits(bits: number): Vector {
    return this.body.constantBits(bits >>> 0);
  }

  readonly add = this.operation(0xe4);
  readonly sub = this.operation(0xe5);
  readonly mul = this.operation(0xe6);
  readonly div = this.operation(0xe7);
  /** The smaller; NaN when either is NaN. */
  readonly min = this.operation(0xe8);
  readonly max = this.operation(0xe9);
  readonly abs = this.operation(0xe0);
  readonly neg = this.operation(0xe1);
  readonly sqrt = this.operation(0xe3);

  /** Masks: all bits of a lane, or none. */
  readonly equal = this.operation(0x41);
  readonly notEqual = this.operation(0x42);
  readonly less = this.operation(0x43);
  readonly greater = this.operation(0x44);
  readonly greaterEqual = this.operation(0x46);

  readonly and = this.operation(0x4e);
  readonly or = this.operation(0x50);
  /** The bits of `a` where the third operand has ones, else those of `b`. */
  readonly select = this.operation(0x52);

  /** 32-bit integers. */
  readonly addWhole = this.operation(0xae);
  readonly subWhole = this.operation(0xb1);
  /** Converts an integer to a float32 number. */
  readonly convert = this.operation(0xfa);

  shiftLeft(a: Vector, bits: number): Vector {
    return this.body.instruction(0xab, [a], bits);
  }
  /** Shifts with the sign. */
  shiftRight(a: Vector, bits: number): Vector {
    return this.body.instruction(0xac, [a], bits);
  }

  /** `a b + c`, rounded once with relaxed SIMD, else twice. */
  multiplyAdd(a: Vector, b: Vector | number, c: Vector | number): Vector {
    if (!this.relaxedSimd) return this.add(this.mul(a, b), c);
    return this.body.instruction(0x105, [a, this.vector(b), this.vector(c)]);
  }
  /** `c − a b`, likewise. */
  multiplySub(a: Vector, b: Vector | number, c: Vector | number): Vector {
    if (!this.relaxedSimd) return this.sub(c, this.mul(a, b));
    return this.body.instruction(0x106, [a, this.vector(b), this.vector(c)]);
  }

  /** Limits x to two numbers. NaN stays NaN: `pmax` and `pmin` return their first operand for it. */
  clamp(x: Vector, low: number, high: number): Vector {
    const pmin = 0xea;
    const pmax = 0xeb;
    const raised = this.body.instruction(pmax, [x, this.constant(low)]);
    return this.body.instruction(pmin, [raised, this.constant(high)]);
  }

  /** c₀ + c₁ x + c₂ x² + …, by Horner's rule. */
  polynomial(x: Vector, coefficients: readonly number[]): Vector {
    return coefficients
      .slice(0, -1)
      .reduceRight<Vector>(
        (sum, coefficient) => this.multiplyAdd(sum, x, coefficient),
        this.constant(coefficients.at(-1) as number),
      );
  }

  protected operation(opcode: number) {
    return (...operands: (Vector | number)[]): Vector =>
      this.body.instruction(
        opcode,
        operands.map((operand) => this.vector(operand)),
      );
  }

  private vector(operand: Vector | number): Vector {
    return typeof operand === 'number' ? this.constant(operand) : operand;
  }
}
