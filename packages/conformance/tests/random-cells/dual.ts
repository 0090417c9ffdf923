/** Numbers with a derivative in one direction: forward-mode differentiation by the rules of calculus. */
export interface Dual {
  readonly v: number;
  readonly d: number;
}

export const dual = (v: number, d = 0): Dual => ({ v, d });

export const add = (a: Dual, b: Dual): Dual => dual(a.v + b.v, a.d + b.d);
export const sub = (a: Dual, b: Dual): Dual => dual(a.v - b.v, a.d - b.d);
export const mul = (a: Dual, b: Dual): Dual => dual(a.v * b.v, a.d * b.v + a.v * b.d);
export const div = (a: Dual, b: Dual): Dual => dual(a.v / b.v, (a.d * b.v - a.v * b.d) / (b.v * b.v));
export const scale = (a: Dual, by: number): Dual => dual(a.v * by, a.d * by);

/** A function of one number with its derivative. */
export const chain =
  (value: (x: number) => number, derivative: (x: number) => number) =>
  (a: Dual): Dual =>
    dual(value(a.v), derivative(a.v) * a.d);

export const sqrt = chain(Math.sqrt, (x) => 1 / (2 * Math.sqrt(x)));
export const exp = chain(Math.exp, Math.exp);

const logistic = (x: number) => 1 / (1 + Math.exp(-x));
const normalDensity = (x: number) => Math.exp((-x * x) / 2) / Math.sqrt(2 * Math.PI);

/** Taylor's series, which is exact to 1e-12 up to 4. */
export function erf(x: number): number {
  if (Math.abs(x) > 4) throw new RangeError(`erf: ${x} is too large for the series`);
  let power = x;
  let sum = 0;
  for (let n = 0; n < 90; n++) {
    sum += power / (2 * n + 1);
    power *= (-x * x) / (n + 1);
  }
  return (2 / Math.sqrt(Math.PI)) * sum;
}

const normal = (x: number) => (1 + erf(x / Math.SQRT2)) / 2;
const ln1pExp = (x: number) => Math.log(1 + Math.exp(x));

/** The functions of one number with the derivatives of textbooks; at a kink the derivative is that of the lower side. */
export const functions = {
  sigmoid: chain(logistic, (x) => logistic(x) * (1 - logistic(x))),
  tanh: chain(Math.tanh, (x) => 1 / Math.cosh(x) ** 2),
  relu: chain(
    (x) => (x > 0 ? x : 0),
    (x) => (x > 0 ? 1 : 0),
  ),
  relu6: chain(
    (x) => (x > 6 ? 6 : x > 0 ? x : 0),
    (x) => (x > 0 && x < 6 ? 1 : 0),
  ),
  softsign: chain(
    (x) => x / (1 + Math.abs(x)),
    (x) => 1 / (1 + Math.abs(x)) ** 2,
  ),
  softplus: chain(ln1pExp, logistic),
  exp,
  log: chain(Math.log, (x) => 1 / x),
  sqrt,
  silu: chain(
    (x) => x * logistic(x),
    (x) => logistic(x) + x * logistic(x) * (1 - logistic(x)),
  ),
  gelu: chain(
    (x) => x * normal(x),
    (x) => normal(x) + x * normalDensity(x),
  ),
  selu: chain(
    (x) => 1.0507009873554805 * (x > 0 ? x : 1.6732632423543772 * (Math.exp(x) - 1)),
    (x) => 1.0507009873554805 * (x > 0 ? 1 : 1.6732632423543772 * Math.exp(x)),
  ),
  mish: chain(
    (x) => x * Math.tanh(ln1pExp(x)),
    (x) => Math.tanh(ln1pExp(x)) + (x * logistic(x)) / Math.cosh(ln1pExp(x)) ** 2,
  ),
  linear: chain(
    (x) => x,
    () => 1,
  ),
  hardSigmoidSixth: chain(
    (x) => (x >= 3 ? 1 : x <= -3 ? 0 : x / 6 + 1 / 2),
    (x) => (Math.abs(x) < 3 ? 1 / 6 : 0),
  ),
  '#abs': chain(Math.abs, (x) => (x > 0 ? 1 : x < 0 ? -1 : 0)),
  '#sign': chain(
    (x) => (x > 0 ? 1 : x < 0 ? -1 : 0),
    () => 0,
  ),
  '#erf': chain(erf, (x) => (2 / Math.sqrt(Math.PI)) * Math.exp(-x * x)),
  '#identity': chain(
    (x) => x,
    () => 1,
  ),
  '.neg': chain(
    (x) => -x,
    () => -1,
  ),
  '.oneMinus': chain(
    (x) => 1 - x,
    () => -1,
  ),
} as const;
