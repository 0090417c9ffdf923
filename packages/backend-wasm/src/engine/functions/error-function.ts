import type { Vector } from '../bytes/function-body.js';
import type { Lanes } from '../bytes/lanes.js';
import { exp } from './exponential.js';

const SIGN_BIT = 0x80000000;
const LIMIT = 0.9;

/** erf(x)/x as a polynomial in x² for |x| ≤ 0.9 (Chebyshev, degree 6): error 3·10⁻¹⁰. */
const SMALL = [
  1.128379225730896, -0.37612634897232056, 0.11283718794584274, -0.026860708370804787, 0.00520433159545064,
  -0.0008180781151168048, 8.534120570402592e-5,
];

/** ln(1 − erf x) for 0.9 ≤ x ≤ 4 (Chebyshev, degree 8): makes erf right to 1.1·10⁻⁹; from 4 on erf is 1 in float32. */
const LARGE = [
  0.0003002688172273338, -1.130155086517334, -0.6319562196731567, -0.10996080189943314, 0.026355121284723282,
  -0.004736950621008873, 0.0005920927505940199, -4.551277379505336e-5, 1.6102403606055304e-6,
];

/** The error function. */
export function erf(v: Lanes, x: Vector): Vector {
  const magnitude = v.abs(x);
  const small = v.mul(x, v.polynomial(v.mul(x, x), SMALL));
  const large = v.sub(v.constant(1), exp(v, v.polynomial(v.clamp(magnitude, LIMIT, 4), LARGE)));
  const signed = v.or(large, v.and(x, v.bits(SIGN_BIT)));
  return v.select(small, signed, v.less(magnitude, LIMIT));
}
