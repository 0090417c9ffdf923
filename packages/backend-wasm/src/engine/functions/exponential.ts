import type { Vector } from '../bytes/function-body.js';
import type { Lanes } from '../bytes/lanes.js';

/** Adding and subtracting it rounds to an integer, which is in the last bits of the sum. */
const ROUNDER = 1.5 * 2 ** 23;
const ROUNDER_BITS = 0x4b400000;
const ONE_BITS = 0x3f800000;

/** ln 2 in two parts. The first has few bits, so that its product with k is exact. */
const LN2_HIGH = 355 / 512;
const LN2_LOW = Math.LN2 - LN2_HIGH;

/** (eʳ − 1 − r) / r² for |r| ≤ ½ ln 2: Chebyshev's polynomial of degree 4; the relative error of eʳ − 1 is 2.6·10⁻⁸. */
const SECOND_ORDER = [
  0.5, 0.16666576266288757, 0.041666463017463684, 0.00836329534649849, 0.001393382311121858,
];

/**
 * With ±x = k ln 2 ± r, k an integer and |r| ≤ ½ ln 2: r, r², (e^±r − 1 ∓ r) / r², and k in the last bits of a number. The
 * polynomial is computed in two halves: an activation takes as long as its longest chain of dependent operations, and
 * Horner's rule makes a longer one.
 */
function reduce(v: Lanes, x: Vector, sign: 1 | -1) {
  const rounded = v.multiplyAdd(x, sign * Math.LOG2E, ROUNDER);
  const k = v.sub(rounded, ROUNDER);
  const r = v.multiplySub(k, sign * LN2_LOW, v.multiplySub(k, sign * LN2_HIGH, x));
  const [c0, c1, c2, c3, c4] = SECOND_ORDER;
  const squared = v.mul(r, r);
  const high = v.multiplyAdd(squared, c4, v.multiplyAdd(r, sign * c3, c2));
  const secondOrder = v.multiplyAdd(high, squared, v.multiplyAdd(r, sign * c1, c0));
  return { r, squared, secondOrder, rounded };
}

/** eʳ − 1, with x = k ln 2 + r as above. */
function reducedExpMinusOne(v: Lanes, x: Vector): { expMinusOne: Vector; rounded: Vector } {
  const { r, squared, secondOrder, rounded } = reduce(v, x, 1);
  return { expMinusOne: v.multiplyAdd(secondOrder, squared, r), rounded };
}

/** 2ᵏ for −127 < k ≤ 128, where 2¹²⁸ is infinity. The shift removes all bits but those of k. */
const powerOfTwo = (v: Lanes, rounded: Vector) => v.addWhole(v.shiftLeft(rounded, 23), v.bits(ONE_BITS));

/**
 * eˣ, with subnormal results and overflow. It multiplies by each half of the power of two, so that neither overflows.
 */
export function exp(v: Lanes, x: Vector): Vector {
  const { expMinusOne, rounded } = reducedExpMinusOne(v, v.clamp(x, -104, 89));
  const k = v.subWhole(rounded, v.bits(ROUNDER_BITS));
  const half = v.shiftRight(k, 1);
  const power = (exponent: Vector) => v.addWhole(v.shiftLeft(exponent, 23), v.bits(ONE_BITS));
  return v.mul(v.mul(v.add(expMinusOne, 1), power(half)), power(v.subWhole(k, half)));
}

/** 1 / (1 + e⁻ˣ); 0 below x = −88.3, where it would be subnormal. With −x = k ln 2 − r it needs no negation. */
export function sigmoid(v: Lanes, x: Vector): Vector {
  const { r, squared, secondOrder, rounded } = reduce(v, v.clamp(x, -89, 87), -1);
  const exp = v.multiplyAdd(secondOrder, squared, v.sub(1, r));
  return v.div(v.constant(1), v.multiplyAdd(exp, powerOfTwo(v, rounded), 1));
}

/** (e²ˣ − 1) / (e²ˣ + 1) with e²ˣ − 1 = 2ᵏ (eʳ − 1) + (2ᵏ − 1), in which nothing cancels around 0. */
export function tanh(v: Lanes, x: Vector): Vector {
  const { expMinusOne, rounded } = reducedExpMinusOne(v, v.clamp(v.add(x, x), -20, 20));
  const power = powerOfTwo(v, rounded);
  const e = v.multiplyAdd(expMinusOne, power, v.sub(power, 1));
  return v.div(e, v.add(e, 2));
}

const SIGN_BIT = 0x80000000;
const SMALL_LIMIT = 0.9;

/** erf(x)/x as a polynomial in x² for |x| ≤ 0.9 (Chebyshev, degree 6): error 3·10⁻¹⁰. */
const SMALL = [
  1.128379225730896, -0.37612634897232056, 0.11283718794584274, -0.026860708370804787, 0.00520433159545064,
  -0.0008180781151168048, 8.534120570402592e-5,
];

/** ln(1 − erf x) for 0.9 ≤ x ≤ 4 (Chebyshev, degree 8): the error of erf is 1.1·10⁻⁹. From 4 on erf is 1 in float32. */
const LARGE = [
  0.0003002688172273338, -1.130155086517334, -0.6319562196731567, -0.10996080189943314, 0.026355121284723282,
  -0.004736950621008873, 0.0005920927505940199, -4.551277379505336e-5, 1.6102403606055304e-6,
];

/** The error function. */
export function erf(v: Lanes, x: Vector): Vector {
  const magnitude = v.abs(x);
  const small = v.mul(x, v.polynomial(v.mul(x, x), SMALL));
  const large = v.sub(v.constant(1), exp(v, v.polynomial(v.clamp(magnitude, SMALL_LIMIT, 4), LARGE)));
  const signed = v.or(large, v.and(x, v.bits(SIGN_BIT)));
  return v.select(small, signed, v.less(magnitude, SMALL_LIMIT));
}
