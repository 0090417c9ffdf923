import { exp, sigmoid, softplus, tanh } from '../equations/activations.js';
import { greater, less, where } from '../equations/expression.js';
import { type Cell, makeCell } from '../equations/make-cell.js';
import { bias, kernel, recurrentKernel } from '../equations/parameters.js';
import { checkOptions } from './options.js';

export interface SLstmOptions {
  /** The number of heads, which divides the units: a head's recurrent products read its own units alone. Default 1. */
  readonly heads?: number;
  /** Default true. */
  readonly useBias?: boolean;
}

/**
 * The scalar LSTM of xLSTM: exponential gates, a normaliser `n`, and a stabiliser `m`, the logarithm by which `c` and `n` are
 * divided. Beck et al. 2024, arXiv:2405.04517, equations 8 to 18, with a sigmoid as the forget gate, as in the authors'
 * library. The forget bias starts at 3.
 */
export function sLstm(options: SLstmOptions = {}): Cell {
  checkOptions('sLstm', options, { heads: 'positive whole number', useBias: 'boolean' });
  const { heads = 1, useBias } = options;
  return makeCell({
    name: 'sLstm',
    source: 'Beck et al. 2024, arXiv:2405.04517',
    options: { ...options },
    states: ['h', 'c', 'n', 'm'],
    useBias,
    parameters: {
      kernel: kernel('i', 'f', 'z', 'o'),
      recurrentKernel: { ...recurrentKernel('i', 'f', 'z', 'o'), groups: heads },
      bias: { ...bias('i', 'f', 'z', 'o'), initial: { f: 3 } },
    },
    equations: ({ x, h, c, n, m }, { kernel: W, recurrentKernel: U, bias: b }) => {
      const gate = (name: 'i' | 'f' | 'z' | 'o') => W[name](x).add(U[name](h)).add(b[name]);
      const logI = gate('i');
      const logF = m.sub(softplus(gate('f').neg()));
      // Before the first step nothing is kept (n = 0), so the input gate alone says how large the numbers are.
      const level = where(greater(n, 0), logF.max(logI), logI);
      const i = exp(logI.sub(level));
      const f = exp(logF.sub(level).min(0));
      const o = sigmoid(gate('o'));
      const memory = f.mul(c).add(i.mul(tanh(gate('z'))));
      const norm = f.mul(n).add(i);
      // The larger gate is 1, so n is at least 1, except for states that do not come from this cell.
      const divisor = where(less(norm, 1), 1, norm);
      return { "i'": logI, "f'": logF, m: level, i, f, o, c: memory, n: norm, h: o.mul(memory).div(divisor) };
    },
  });
}
