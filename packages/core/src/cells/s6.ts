import { exp, softplus } from '../equations/activations.js';
import { type Cell, makeCell } from '../equations/make-cell.js';
import { bias, kernel, recurrentVector } from '../equations/parameters.js';
import { repeat, sum, tile } from '../equations/rows.js';
import { checkOptions } from './options.js';

export interface S6Options {
  /** The number of states of each unit. Default 16. */
  readonly stateSize?: number;
  /** The rank of the step sizes' projection. Default: a sixteenth of the units, rounded up. */
  readonly rank?: number;
}

/** Biases with which the step sizes start at 0.001 … 0.1, equally spaced in logarithms. */
const initialSteps = (units: number): number[] =>
  Array.from({ length: units }, (_, unit) => Math.log(Math.expm1(0.001 * 100 ** ((unit + 0.5) / units))));

/**
 * The selective state space of Mamba, without the block around it. Gu & Dao 2023, arXiv:2312.00752, algorithm 2. The input is
 * projected if it is not as wide as the units. The state has `stateSize` numbers for each unit, those of a unit together.
 */
export function s6(options: S6Options = {}): Cell {
  checkOptions('s6', options, { stateSize: 'positive whole number', rank: 'positive whole number' });
  const { stateSize = 16 } = options;
  const projections = { kernel: kernel('x') };
  return makeCell({
    name: 's6',
    source: 'Gu & Dao 2023, arXiv:2312.00752',
    options: { ...options },
    states: { h: ({ units }) => units * stateSize },
    parameters: ({ inputSize, units }) => {
      const rank = options.rank ?? Math.ceil(units / 16);
      const logarithms = Array.from({ length: stateSize }, (_, state) => Math.log(state + 1));
      return {
        ...((inputSize === units ? {} : projections) as typeof projections),
        selection: { ...kernel('B', 'C'), rows: 'units', width: stateSize, symbol: 'S' },
        stepKernel: { ...kernel('Δ'), rows: 'units', width: rank, symbol: 'R' },
        stepProjection: { ...kernel('Δ'), rows: rank, symbol: 'P' },
        bias: { ...bias('Δ'), initial: { Δ: initialSteps(units) } },
        rates: {
          ...recurrentVector('A'),
          width: units * stateSize,
          symbol: 'ρ',
          initial: { A: logarithms },
        },
        skip: { ...recurrentVector('D'), symbol: 's', initial: { D: 1 } },
      };
    },
    equations: ({ x, h }, parameters, { inputSize, units }) => {
      const { selection: S, stepKernel: R, stepProjection: P, bias: b, rates, skip } = parameters;
      const u = inputSize === units ? x : parameters.kernel.x(x);
      const Δ = softplus(P.Δ(R.Δ(u)).add(b.Δ));
      const decay = exp(repeat(Δ, stateSize).mul(exp(rates.A)).neg());
      const next = decay.mul(h).add(repeat(Δ.mul(u), stateSize).mul(tile(S.B(u), units)));
      const output = sum(next.mul(tile(S.C(u), units)), units).add(skip.D.mul(u));
      return { ...(inputSize === units ? {} : { u }), Δ, h: next, output };
    },
  });
}
