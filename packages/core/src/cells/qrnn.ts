import { sigmoid, tanh } from '../equations/activations.js';
import { type Cell, makeCell } from '../equations/make-cell.js';
import { bias, kernel } from '../equations/parameters.js';
import { concat, split } from '../equations/rows.js';
import { checkOptions } from './options.js';

export interface QrnnOptions {
  /** Default true. */
  readonly useBias?: boolean;
}

/**
 * A quasi-recurrent network: a convolution over this input and the one before, and fo-pooling. Bradbury et al. 2016,
 * arXiv:1611.01576. Blocks with a prime are for the input before: the state `past` has its products, so that no product depends
 * on a state.
 */
export function qrnn(options: QrnnOptions = {}): Cell {
  checkOptions('qrnn', options, { useBias: 'boolean' });
  return makeCell({
    name: 'qrnn',
    source: 'Bradbury et al. 2016, arXiv:1611.01576',
    options: { ...options },
    states: { c: 'units', past: ({ units }) => 3 * units },
    useBias: options.useBias,
    parameters: { kernel: kernel('z', 'f', 'o', "z'", "f'", "o'"), bias: bias('z', 'f', 'o') },
    equations: ({ x, c, past }, { kernel: W, bias: b }) => {
      const [zBefore, fBefore, oBefore] = split(past, 3);
      const z = tanh(W.z(x).add(zBefore).add(b.z));
      const f = sigmoid(W.f(x).add(fBefore).add(b.f));
      const o = sigmoid(W.o(x).add(oBefore).add(b.o));
      const memory = f.mul(c).add(f.oneMinus().mul(z));
      return { z, f, o, c: memory, past: concat(W["z'"](x), W["f'"](x), W["o'"](x)), output: o.mul(memory) };
    },
  });
}
