import { exp, sigmoid, softplus } from '../equations/activations.js';
import { type Cell, makeCell } from '../equations/make-cell.js';
import { bias, kernel } from '../equations/parameters.js';
import { repeat, sum, tile } from '../equations/rows.js';
import { checkOptions, partSize } from './options.js';

export interface MLstmOptions {
  /** The number of heads, which divides the units; each has a matrix of its own. Default 1. */
  readonly heads?: number;
  /** Default true. */
  readonly useBias?: boolean;
}

/** Added to the divisor, as in the authors' library. */
const EPSILON = 1e-6;

/** e to this power is a float32 number; divided by it, every output is 0 for practical purposes. */
const LARGEST_EXPONENT = 80;

/**
 * The matrix LSTM of xLSTM: a memory of keys and values. Each head's matrix `C` has a row for each number of the value and a
 * column for each number of the key, units² / heads numbers together; `n` normalises, `m` is the logarithm by which both are
 * divided. Beck et al. 2024, arXiv:2405.04517, equations 19 to 27, with a sigmoid as the forget gate, as in the authors'
 * library. The forget bias starts at 3.
 */
export function mLstm(options: MLstmOptions = {}): Cell {
  checkOptions('mLstm', options, { heads: 'positive whole number', useBias: 'boolean' });
  const { heads = 1, useBias } = options;
  return makeCell({
    name: 'mLstm',
    source: 'Beck et al. 2024, arXiv:2405.04517',
    options: { ...options },
    states: { C: ({ units }) => units * partSize('mLstm', units, heads), n: 'units', m: heads },
    useBias,
    parameters: {
      kernel: kernel('q', 'k', 'v', 'o'),
      gateKernel: { ...kernel('i', 'f'), width: heads, symbol: 'w' },
      bias: bias('q', 'k', 'v', 'o'),
      gateBias: { ...bias('i', 'f'), width: heads, symbol: 'β', initial: { f: 3 } },
    },
    equations: ({ x, C, n, m }, { kernel: W, gateKernel: w, bias: b, gateBias }, { units }) => {
      const size = partSize('mLstm', units, heads);
      const q = W.q(x).add(b.q);
      const k = W.k(x)
        .add(b.k)
        .mul(1 / Math.sqrt(size));
      const v = W.v(x).add(b.v);
      const logI = w.i(x).add(gateBias.i);
      const logF = m.sub(softplus(w.f(x).add(gateBias.f).neg()));
      const level = logF.max(logI);
      const i = exp(logI.sub(level));
      const f = exp(logF.sub(level));
      const written = repeat(v.mul(repeat(i, size)), size).mul(tile(k, size, heads));
      const memory = C.mul(repeat(f, size * size)).add(written);
      const norm = n.mul(repeat(f, size)).add(k.mul(repeat(i, size)));
      const match = sum(norm.mul(q), heads);
      const least = exp(level.neg().min(LARGEST_EXPONENT));
      const divisor = match.max(match.neg()).max(least).add(EPSILON);
      const read = sum(memory.mul(tile(q, size, heads)), units).div(repeat(divisor, size));
      const o = sigmoid(W.o(x).add(b.o));
      return { q, k, v, "i'": logI, "f'": logF, m: level, i, f, C: memory, n: norm, o, output: o.mul(read) };
    },
  });
}
