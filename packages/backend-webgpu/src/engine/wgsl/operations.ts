import type { OperationName } from '@sluice/core/backend';

/**
 * The operations of equations as WGSL expressions in `a`, `b` and `c`.
 *
 * WGSL does not define `min`, `max`, `clamp` and `sign` for NaN, and drivers differ. Comparisons with `select`, which takes
 * its first operand when the comparison fails, keep NaN. Infinities come from arithmetic, because WGSL constants are finite.
 */
export const operations: Readonly<Record<OperationName, (a: string, b: string, c: string) => string>> = {
  identity: (a) => a,
  add: (a, b) => `${a} + ${b}`,
  sub: (a, b) => `${a} - ${b}`,
  mul: (a, b) => `${a} * ${b}`,
  div: (a, b) => `${a} / ${b}`,
  neg: (a) => `-${a}`,
  oneMinus: (a) => `1.0 - ${a}`,
  max: (a, b) => `larger(${a}, ${b})`,
  min: (a, b) => `smaller(${a}, ${b})`,
  greater: (a, b) => `select(0.0, 1.0, ${a} > ${b})`,
  greaterEqual: (a, b) => `select(0.0, 1.0, ${a} >= ${b})`,
  select: (a, b, c) => `select(${c}, ${b}, ${a} != 0.0 || isNan(${a}))`,
  abs: (a) => `abs(${a})`,
  sign: (a) => `signOf(${a})`,
  sigmoid: (a) => `sigmoid(${a})`,
  tanh: (a) => `tangent(${a})`,
  exp: (a) => `exponential(${a})`,
  log: (a) => `logarithm(${a})`,
  sqrt: (a) => `sqrt(${a})`,
  softplus: (a) => `softplus(${a})`,
  erf: (a) => `erf(${a})`,
};

/** The functions that `operations` call, with the functions that each calls. */
const functions: Readonly<Record<string, { readonly needs?: readonly string[]; readonly code: string }>> = {
  isNan: {
    code: 'fn isNan(a: f32) -> bool { return (bitcast<u32>(a) & 0x7fffffffu) > 0x7f800000u; }',
  },
  // Drivers differ on exp(NaN).
  exponential: {
    needs: ['isNan'],
    code: 'fn exponential(a: f32) -> f32 { return select(exp(a), a, isNan(a)); }',
  },
  larger: {
    needs: ['isNan'],
    code: 'fn larger(a: f32, b: f32) -> f32 { return select(b, a, a > b || isNan(a)); }',
  },
  smaller: {
    needs: ['isNan'],
    code: 'fn smaller(a: f32, b: f32) -> f32 { return select(b, a, a < b || isNan(a)); }',
  },
  signOf: { code: 'fn signOf(a: f32) -> f32 { return select(select(a, -1.0, a < 0.0), 1.0, a > 0.0); }' },
  // The argument of the exponential is at most 0, so it cannot overflow.
  sigmoid: {
    needs: ['exponential'],
    code: `fn sigmoid(a: f32) -> f32 {
  let e = exponential(-abs(a));
  return select(e, 1.0, a >= 0.0) / (1.0 + e);
}`,
  },
  // Near 0 the form with exponentials would cancel; Taylor's series of degree 9 has an error below 6·10⁻⁸ · x up to 0.3.
  tangent: {
    needs: ['exponential'],
    code: `fn tangent(a: f32) -> f32 {
  let m = abs(a);
  let s = a * a;
  let e = exponential(-2.0 * m);
  let far = (1.0 - e) / (1.0 + e);
  let near = s * (-0.33333333333 + s * (0.13333333333 + s * (-0.05396825397 + s * 0.02186948854)));
  return select(select(far, -far, a < 0.0), a + a * near, m < 0.3);
}`,
  },
  // Drivers differ on log(0), log(infinity) and the logarithm of negative numbers.
  logarithm: {
    needs: ['isNan'],
    code: `fn logarithm(a: f32) -> f32 {
  if (a == 0.0) { return -1.0 / abs(a); }
  if (a < 0.0) { return (a - a) / (a - a); }
  if (isNan(a) || a > 3.4e38) { return a; }
  return log(a);
}`,
  },
  softplus: {
    needs: ['larger', 'exponential'],
    code: 'fn softplus(a: f32) -> f32 { return larger(a, 0.0) + log(1.0 + exponential(-abs(a))); }',
  },
  // Abramowitz & Stegun 1964, 7.1.26: within 1.5·10⁻⁷.
  erf: {
    needs: ['exponential'],
    code: `fn erf(a: f32) -> f32 {
  let m = abs(a);
  let t = 1.0 / (1.0 + 0.3275911 * m);
  let p = t * (0.254829592 + t * (-0.284496736 + t * (1.421413741 + t * (-1.453152027 + t * 1.061405429))));
  let magnitude = 1.0 - p * exponential(-m * m);
  return select(magnitude, -magnitude, a < 0.0);
}`,
  },
};

const functionOf: Readonly<Partial<Record<OperationName, string>>> = {
  max: 'larger',
  select: 'isNan',
  min: 'smaller',
  sign: 'signOf',
  exp: 'exponential',
  sigmoid: 'sigmoid',
  tanh: 'tangent',
  log: 'logarithm',
  softplus: 'softplus',
  erf: 'erf',
};

/** Writes the definitions of the functions that some operations need. */
export function writeFunctions(names: Iterable<OperationName>): string {
  const needed = new Set<string>();
  const add = (name: string | undefined): void => {
    if (name === undefined) return;
    for (const inner of functions[name].needs ?? []) add(inner);
    needed.add(name);
  };
  for (const name of names) add(functionOf[name]);
  return [...needed].map((name) => functions[name].code).join('\n');
}
