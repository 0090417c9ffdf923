import type { RegisterLoop } from './register-loop.js';

/** Eight sums in flight: enough to hide how long one addition takes, few enough for the registers. */
const FLOPS = 8 * 2;

/** Plain JavaScript, whose numbers are doubles. */
export async function cpuRegisterLoop(): Promise<RegisterLoop> {
  return { flopsPerIteration: FLOPS, run: async (iterations) => loop(iterations, 0.999, 0.001) };
}

/** Every number tends to 1, whatever the number of iterations. */
function loop(iterations: number, factor: number, summand: number): number {
  let [a, b, c, d, e, f, g, h] = [0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8];
  for (let i = 0; i < iterations; i++) {
    a = a * factor + summand;
    b = b * factor + summand;
    c = c * factor + summand;
    d = d * factor + summand;
    e = e * factor + summand;
    f = f * factor + summand;
    g = g * factor + summand;
    h = h * factor + summand;
  }
  return a + b + c + d + e + f + g + h;
}
