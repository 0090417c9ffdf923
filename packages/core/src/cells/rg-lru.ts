import { exp, sigmoid, softplus, sqrt, tanh } from '../equations/activations.js';
import { type Cell, makeCell } from '../equations/make-cell.js';
import { bias, kernel, recurrentVector } from '../equations/parameters.js';
import { checkOptions } from './options.js';

export interface RgLruOptions {
  /** The number of equal parts of the units whose gates read their own part alone. Default 1. */
  readonly heads?: number;
  /** Default true. */
  readonly useBias?: boolean;
}

/** The power of the decay (`c` in the paper). */
const POWER = 8;

/** exp(−softplus(Λ)) is the decay of a fully open gate: it starts at 0.9 … 0.999, as in the paper. */
const initialDecays = (units: number): number[] =>
  Array.from({ length: units }, (_, unit) => {
    const radius = 0.9 + (0.099 * (unit + 0.5)) / units;
    return Math.log(1 / radius - 1);
  });

/**
 * The real-gated linear recurrent unit of Griffin. De et al. 2024, arXiv:2402.19427, equations 1 to 4. The input is projected
 * if it is not as wide as the units.
 */
export function rgLru(options: RgLruOptions = {}): Cell {
  checkOptions('rgLru', options, { heads: 'positive whole number', useBias: 'boolean' });
  const { heads = 1, useBias } = options;
  const projections = { kernel: kernel('x') };
  return makeCell({
    name: 'rgLru',
    source: 'De et al. 2024, arXiv:2402.19427',
    options: { ...options },
    states: ['h'],
    useBias,
    parameters: ({ inputSize, units }) => ({
      ...((inputSize === units ? {} : projections) as typeof projections),
      gateKernel: { ...kernel('r', 'i'), rows: 'units', groups: heads, symbol: 'G' },
      recurrentVector: { ...recurrentVector('a'), symbol: 'Λ', initial: { a: initialDecays(units) } },
      bias: bias('r', 'i'),
    }),
    equations: ({ x, h }, parameters, { inputSize, units }) => {
      const { gateKernel: G, recurrentVector: v, bias: b } = parameters;
      const u = inputSize === units ? x : parameters.kernel.x(x);
      const r = sigmoid(G.r(u).add(b.r));
      const i = sigmoid(G.i(u).add(b.i));
      const rate = r.mul(softplus(v.a)).mul(POWER);
      const a = exp(rate.neg());
      // 1 − a², also where a is so close to 1 that the difference would be lost; never 0, where a root has no derivative.
      const rest = tanh(rate).mul(a.mul(a).add(1)).max(1e-30);
      return { ...(inputSize === units ? {} : { u }), r, i, a, h: a.mul(h).add(sqrt(rest).mul(i.mul(u))) };
    },
  });
}
