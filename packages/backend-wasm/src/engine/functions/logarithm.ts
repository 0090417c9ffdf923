import type { Vector } from '../bytes/function-body.js';
import type { Lanes } from '../bytes/lanes.js';
import { exp } from './exponential.js';

const LN2_HIGH = 355 / 512;
const LN2_LOW = Math.LN2 - LN2_HIGH;
const SQRT_HALF_BITS = 0x3f3504f3;
const SMALLEST_NORMAL = 2 ** -126;

/**
 * (2 artanh(s) − 2s) / s³ as a polynomial in s² (Chebyshev): for the logarithm up to s = (√2 − 1)/(√2 + 1), for ln(1 + u)
 * with u ≤ 1 up to 1/3. Errors below 1.2·10⁻⁹ and 7.1·10⁻⁹.
 */
const UP_TO_SQRT_2 = [0.6666666865348816, 0.4000012278556824, 0.2855072617530823, 0.23332878947257996];
const UP_TO_2 = [
  0.6666666865348816, 0.3999969959259033, 0.2859265208244324, 0.21702155470848083, 0.23245011270046234,
];

/**
 * ln(1 + f) as f − g with a small g, so that f itself is not rounded. With s = f / (2 + f):
 * ln(1 + f) = 2 artanh(s) = f − (f²/2 − s (f²/2 + s² P(s²))).
 */
function correction(v: Lanes, f: Vector, coefficients: readonly number[], extra?: Vector): Vector {
  const s = v.div(f, v.add(f, 2));
  const squared = v.mul(s, s);
  const half = v.mul(v.mul(f, f), 0.5);
  const inner = v.mul(s, v.add(half, v.mul(squared, v.polynomial(squared, coefficients))));
  return v.sub(half, extra ? v.add(inner, extra) : inner);
}

/** ln x: −∞ at 0, NaN below 0, ∞ at ∞; subnormal numbers too. */
export function log(v: Lanes, x: Vector): Vector {
  const small = v.less(x, SMALLEST_NORMAL);
  const scaled = v.select(v.mul(x, 2 ** 25), x, small);
  const shift = v.and(small, 25);
  const offset = v.subWhole(scaled, v.bits(SQRT_HALF_BITS));
  const exponent = v.shiftRight(offset, 23);
  const mantissa = v.subWhole(scaled, v.shiftLeft(exponent, 23));
  const k = v.sub(v.convert(exponent), shift);
  const f = v.sub(mantissa, 1);
  const finite = v.add(v.mul(k, LN2_HIGH), v.sub(f, correction(v, f, UP_TO_SQRT_2, v.mul(k, LN2_LOW))));
  const notFinite = v.select(
    v.constant(Number.POSITIVE_INFINITY),
    v.constant(Number.NaN),
    v.equal(x, Number.POSITIVE_INFINITY),
  );
  const irregular = v.select(v.constant(Number.NEGATIVE_INFINITY), notFinite, v.equal(x, 0));
  return v.select(finite, irregular, v.and(v.greater(x, 0), v.less(x, Number.POSITIVE_INFINITY)));
}

/** ln(1 + eˣ) = max(x, 0) + ln(1 + e^−|x|). */
export function softplus(v: Lanes, x: Vector): Vector {
  const u = exp(v, v.neg(v.abs(x)));
  return v.add(v.max(x, 0), v.sub(u, correction(v, u, UP_TO_2)));
}
