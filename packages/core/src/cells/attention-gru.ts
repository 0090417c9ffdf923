import { sigmoid, tanh } from '../equations/activations.js';
import { type Cell, makeCell } from '../equations/make-cell.js';
import { bias, kernel, recurrentKernel } from '../equations/parameters.js';
import { concat, repeat, softmax, split, sum, sumParts, tile } from '../equations/rows.js';
import { checkOptions } from './options.js';

export interface AttentionGruOptions {
  /** The number of last states that a step reads. Default 8. */
  readonly window?: number;
  /** Default true. */
  readonly useBias?: boolean;
}

/**
 * A GRU that reads, instead of its last state, an average of its last states, weighted by attention. Intra-attention: Cheng et
 * al. 2016, arXiv:1601.06733; scaled dot products: Vaswani et al. 2017, arXiv:1706.03762. States before the sequence are zeros,
 * which take part. The state `past` has the last states, the oldest first.
 */
export function attentionGru(options: AttentionGruOptions = {}): Cell {
  checkOptions('attentionGru', options, { window: 'positive whole number', useBias: 'boolean' });
  const { window = 8, useBias } = options;
  return makeCell({
    name: 'attentionGru',
    source: 'Cheng et al. 2016, arXiv:1601.06733; Vaswani et al. 2017, arXiv:1706.03762',
    options: { ...options },
    states: { h: 'units', past: ({ units }) => window * units },
    useBias,
    parameters: {
      kernel: kernel('q', 'z', 'r', 'n'),
      recurrentKernel: recurrentKernel('q', 'z', 'r', 'n'),
      bias: bias('z', 'r', 'n'),
    },
    equations: ({ x, h, past }, { kernel: W, recurrentKernel: U, bias: b }, { units }) => {
      const q = W.q(x).add(U.q(h));
      const scores = sum(past.mul(tile(q, window)), window).mul(1 / Math.sqrt(units));
      const attention = softmax(scores);
      const s = sumParts(past.mul(repeat(attention, units)), window);
      const z = sigmoid(W.z(x).add(U.z(s)).add(b.z));
      const r = sigmoid(W.r(x).add(U.r(s)).add(b.r));
      const n = tanh(
        W.n(x)
          .add(b.n)
          .add(r.mul(U.n(s))),
      );
      const next = z.mul(s).add(z.oneMinus().mul(n));
      return { q, attention, s, z, r, n, h: next, past: concat(...split(past, window).slice(1), next) };
    },
  });
}
