/** Where the series hands over to the continued fraction: both reach float64 accuracy around here. */
const SERIES_LIMIT = 2.5;

/**
 * The error function to float64 accuracy.
 *
 * Below 2.5 by the series erf(x) = 2/√π · e^(−x²) · Σ 2ⁿ x^(2n+1) / (2n+1)!!, whose terms are all positive; above by
 * the continued fraction of erfc (Abramowitz & Stegun 1964, 7.1.6 and 7.1.14), evaluated from its far end.
 */
export function erf(x: number): number {
  const magnitude = Math.abs(x);
  if (Number.isNaN(x) || magnitude === 0) return x;
  if (magnitude > 6) return Math.sign(x);
  const gaussian = Math.exp(-x * x) / Math.sqrt(Math.PI);
  if (magnitude < SERIES_LIMIT) {
    let term = x;
    let sum = x;
    for (let n = 1; Math.abs(term) > 1e-17 * Math.abs(sum); n++) {
      term *= (2 * x * x) / (2 * n + 1);
      sum += term;
    }
    return 2 * gaussian * sum;
  }
  let fraction = magnitude;
  for (let k = 60; k >= 1; k--) fraction = magnitude + k / 2 / fraction;
  return Math.sign(x) * (1 - gaussian / fraction);
}
