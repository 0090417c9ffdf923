import { sigmoid } from '../equations/activations.js';
import { type Cell, makeCell } from '../equations/make-cell.js';
import { bias, kernel } from '../equations/parameters.js';
import { checkOptions } from './options.js';

export interface MinGruOptions {
  /** Default true. */
  readonly useBias?: boolean;
}

/** A GRU whose gate and candidate depend on the input alone. Feng et al. 2024, arXiv:2410.01201, section 3.1. */
export function minGru(options: MinGruOptions = {}): Cell {
  checkOptions('minGru', options, { useBias: 'boolean' });
  return makeCell({
    name: 'minGru',
    source: 'Feng et al. 2024, arXiv:2410.01201',
    options: { ...options },
    states: ['h'],
    useBias: options.useBias,
    parameters: { kernel: kernel('z', 'n'), bias: bias('z', 'n') },
    equations: ({ x, h }, { kernel: W, bias: b }) => {
      const z = sigmoid(W.z(x).add(b.z));
      const n = W.n(x).add(b.n);
      return { z, n, h: z.oneMinus().mul(h).add(z.mul(n)) };
    },
  });
}
