import { type ActivationSetting, activation, sigmoid } from '../equations/activations.js';
import { type Cell, makeCell } from '../equations/make-cell.js';
import { bias, kernel, recurrentKernel } from '../equations/parameters.js';
import { checkOptions } from './options.js';

export interface LiGruOptions {
  /** Of the candidate. Default `relu`. */
  readonly activation?: ActivationSetting;
  /** Default true. */
  readonly useBias?: boolean;
}

/** A GRU without a reset gate, for speech. Ravanelli et al. 2018, arXiv:1803.10225 (here without batch normalisation). */
export function liGru(options: LiGruOptions = {}): Cell {
  checkOptions('liGru', options, { activation: 'activation', useBias: 'boolean' });
  const act = activation(options.activation ?? 'relu');
  return makeCell({
    name: 'liGru',
    source: 'Ravanelli et al. 2018, arXiv:1803.10225',
    options: { ...options },
    states: ['h'],
    useBias: options.useBias,
    parameters: {
      kernel: kernel('z', 'n'),
      recurrentKernel: recurrentKernel('z', 'n'),
      bias: bias('z', 'n'),
    },
    equations: ({ x, h }, { kernel: W, recurrentKernel: U, bias: b }) => {
      const z = sigmoid(W.z(x).add(U.z(h)).add(b.z));
      const n = act(W.n(x).add(U.n(h)).add(b.n));
      return { z, n, h: z.mul(h).add(z.oneMinus().mul(n)) };
    },
  });
}
