import { type ActivationSetting, activation } from '../equations/activations.js';
import { type Cell, makeCell } from '../equations/make-cell.js';
import { bias, kernel, recurrentKernel } from '../equations/parameters.js';
import { checkOptions, clipTo } from './options.js';

export interface SimpleRnnOptions {
  /** Default `tanh`. */
  readonly activation?: ActivationSetting;
  /** Limits the arguments of activations to ±clip (ONNX: `clip`). Default: no limit. */
  readonly clip?: number;
  /** Default true. */
  readonly useBias?: boolean;
}

/** The simple recurrent network. Elman 1990, "Finding structure in time". */
export function simpleRnn(options: SimpleRnnOptions = {}): Cell {
  checkOptions('simpleRnn', options, {
    activation: 'activation',
    clip: 'positive number',
    useBias: 'boolean',
  });
  const act = activation(options.activation ?? 'tanh');
  const clip = clipTo(options.clip);
  return makeCell({
    name: 'simpleRnn',
    source: 'Elman 1990',
    options: { ...options },
    states: ['h'],
    useBias: options.useBias,
    parameters: { kernel: kernel('h'), recurrentKernel: recurrentKernel('h'), bias: bias('h') },
    equations: ({ x, h }, { kernel: W, recurrentKernel: U, bias: b }) => ({
      h: act(clip(W.h(x).add(U.h(h)).add(b.h))),
    }),
  });
}
