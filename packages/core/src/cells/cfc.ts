import { type ActivationSetting, activation, exp, sigmoid, tanh } from '../equations/activations.js';
import { combine, type Expression } from '../equations/expression.js';
import { type Cell, makeCell } from '../equations/make-cell.js';
import { bias, kernel, projection, recurrentVector } from '../equations/parameters.js';
import { concat } from '../equations/rows.js';
import { checkOptions } from './options.js';

export interface CfcOptions {
  /**
   * `default`: a gate mixes two candidates; `noGate`: it adds the second one to the first; `pure`: the solution of the
   * differential equation, with one candidate.
   */
  readonly mode?: 'default' | 'noGate' | 'pure';
  /** The width of the hidden layers that read input and state. Default 128. */
  readonly backboneUnits?: number;
  /** The number of these layers. Default 1. */
  readonly backboneLayers?: number;
  /** Of these layers. Default: LeCun's 1.7159 tanh(0.666 x). */
  readonly activation?: ActivationSetting;
}

const LECUN_TANH = { name: 'scaledTanh', alpha: 1.7159, beta: 0.666 } as const;

/**
 * The closed-form continuous-time cell for regular time steps. Hasani et al. 2022, arXiv:2106.13898. The elapsed time of a
 * step is 1, so that the two matrices of the gate in the paper (and in `ncps`: `time_a`, `time_b`) are one, their sum.
 */
export function cfc(options: CfcOptions = {}): Cell {
  checkOptions('cfc', options, {
    mode: ['default', 'noGate', 'pure'],
    backboneUnits: 'positive whole number',
    backboneLayers: 'positive whole number',
    activation: 'activation',
  });
  const { mode = 'default', backboneUnits: width = 128, backboneLayers = 1 } = options;
  const act = activation(options.activation ?? LECUN_TANH);
  const layers = Array.from({ length: backboneLayers }, (_, layer) => `${layer + 1}`);
  const deep = { deepKernel: { ...projection(...layers.slice(1)), rows: width, width, symbol: 'D' } };
  const solution = { recurrentVector: { ...recurrentVector('τ', 'A'), initial: { τ: 0, A: 1 } } };
  const heads: ('f' | 'g' | 't')[] = mode === 'pure' ? ['f'] : ['f', 'g', 't'];
  return makeCell({
    name: 'cfc',
    source: 'Hasani et al. 2022, arXiv:2106.13898',
    options: { ...options },
    states: ['h'],
    parameters: {
      kernel: { ...kernel(layers[0]), rows: ({ inputSize, units }) => inputSize + units, width },
      ...((layers.length > 1 ? deep : {}) as typeof deep),
      backboneBias: { ...bias(...layers), width, symbol: 'β' },
      headKernel: { ...projection(...heads), rows: width },
      bias: bias(...heads),
      ...((mode === 'pure' ? solution : {}) as typeof solution),
    },
    equations: ({ x, h }, parameters) => {
      const { kernel: W, backboneBias: β, headKernel: P, bias: b } = parameters;
      const hidden: Record<string, Expression> = {};
      let row = concat(x, h);
      for (const layer of layers) {
        row = act((layer === '1' ? W : parameters.deepKernel)[layer](row).add(β[layer]));
        hidden[`a${layer}`] = row;
      }
      const head = (name: 'f' | 'g' | 't') => P[name](row).add(b[name]);
      if (mode === 'pure') {
        const { recurrentVector: v } = parameters;
        const f = head('f');
        const rate = combine('abs', v.τ).add(combine('abs', f));
        return { ...hidden, f, h: v.A.sub(v.A.mul(exp(rate.neg())).mul(f)) };
      }
      const [f, g, t] = [tanh(head('f')), tanh(head('g')), sigmoid(head('t'))];
      return { ...hidden, f, g, t, h: (mode === 'default' ? t.oneMinus().mul(f) : f).add(t.mul(g)) };
    },
  });
}
