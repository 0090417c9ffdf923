import { sigmoid } from '../equations/activations.js';
import { type Cell, makeCell } from '../equations/make-cell.js';
import { bias, kernel } from '../equations/parameters.js';
import { checkOptions } from './options.js';

export interface MinLstmOptions {
  /** Default true. */
  readonly useBias?: boolean;
}

/**
 * An LSTM whose gates and candidate depend on the input alone, with gates that sum to 1. Feng et al. 2024, arXiv:2410.01201,
 * section 3.2.
 */
export function minLstm(options: MinLstmOptions = {}): Cell {
  checkOptions('minLstm', options, { useBias: 'boolean' });
  return makeCell({
    name: 'minLstm',
    source: 'Feng et al. 2024, arXiv:2410.01201',
    options: { ...options },
    states: ['h'],
    useBias: options.useBias,
    parameters: { kernel: kernel('f', 'i', 'n'), bias: bias('f', 'i', 'n') },
    equations: ({ x, h }, { kernel: W, bias: b }) => {
      const f = sigmoid(W.f(x).add(b.f));
      const i = sigmoid(W.i(x).add(b.i));
      const n = W.n(x).add(b.n);
      const total = f.add(i);
      return { f, i, n, h: f.div(total).mul(h).add(i.div(total).mul(n)) };
    },
  });
}
