import { type ActivationSetting, activation } from '../equations/activations.js';
import { type Cell, makeCell } from '../equations/make-cell.js';
import { bias, kernel, recurrentVector } from '../equations/parameters.js';
import { checkOptions } from './options.js';

export interface IndRnnOptions {
  /** Default `relu`. */
  readonly activation?: ActivationSetting;
  /** Default true. */
  readonly useBias?: boolean;
}

/** Every unit reads only its own state. Li et al. 2018, arXiv:1803.04831. */
export function indRnn(options: IndRnnOptions = {}): Cell {
  checkOptions('indRnn', options, { activation: 'activation', useBias: 'boolean' });
  const act = activation(options.activation ?? 'relu');
  return makeCell({
    name: 'indRnn',
    source: 'Li et al. 2018, arXiv:1803.04831',
    options: { ...options },
    states: ['h'],
    useBias: options.useBias,
    parameters: {
      kernel: kernel('h'),
      recurrentVector: { ...recurrentVector('h'), symbol: 'u' },
      bias: bias('h'),
    },
    equations: ({ x, h }, { kernel: W, recurrentVector: u, bias: b }) => ({
      h: act(W.h(x).add(u.h.mul(h)).add(b.h)),
    }),
  });
}
