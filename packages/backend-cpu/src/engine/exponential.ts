/**
 * eˣ − 1 in two parts, for the activations' loops: float32 results need about ten of float64's sixteen digits, and
 * `Math.exp` computes, and is called, for all of them. Half the time of `1 / (1 + Math.exp(-x))` and of `Math.tanh`.
 */

/** 2^(i − 256), for x within ±177. */
const POWERS = Float64Array.from({ length: 512 }, (_, i) => 2 ** (i - 256));

const LIMIT = 170;

/**
 * eˣ − 1 for |x| ≤ 170, beyond that the value there; NaN for NaN. With x = k ln 2 + r, |r| ≤ ½ ln 2, it is
 * (2ᵏ − 1) + 2ᵏ (eʳ − 1), eʳ − 1 by its Taylor polynomial of degree 8 (error below 2·10⁻¹⁰ relative); so nothing
 * cancels around x = 0.
 */
export function expMinusOne(x: number): number {
  const limited = Math.max(Math.min(x, LIMIT), -LIMIT);
  const k = Math.floor(limited * Math.LOG2E + 0.5);
  const r = limited - k * Math.LN2;
  const polynomial =
    r *
    (1 +
      r * (1 / 2 + r * (1 / 6 + r * (1 / 24 + r * (1 / 120 + r * (1 / 720 + r * (1 / 5040 + r / 40320)))))));
  // `| 0` turns the NaN of a NaN input into an index; the polynomial keeps it.
  const power = POWERS[(k | 0) + 256];
  return power - 1 + power * polynomial;
}
