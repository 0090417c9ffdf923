import { type ActivationSetting, activation, sigmoid } from '../equations/activations.js';
import { type Cell, defineCell } from '../equations/define-cell.js';
import type { Expression } from '../equations/expression.js';
import { bias, kernel, recurrentVector, type Sizes } from '../equations/parameters.js';
import { gru } from './gru.js';
import { highwayScale } from './highway-scale.js';
import { checkOptions } from './options.js';

export interface SruOptions {
  /** 2 (default): the gates read the cell state through `v`; 1: they read only the input. */
  readonly version?: 1 | 2;
  /** Whether the output mixes in the input. Default true. */
  readonly highway?: boolean;
  /** Of the cell state in the output. Default `linear`. */
  readonly activation?: ActivationSetting;
  /** Whether the highway's input is scaled by √(1 + 2 e^highwayBias), which keeps its variance. Default false. */
  readonly rescale?: boolean;
  /** The initial value of the reset gate's bias. Default: the bias initializer's. */
  readonly highwayBias?: number;
  /** The factor of the highway's input when it is not projected, instead of `rescale`'s factor. Default 1. */
  readonly scale?: number;
  /**
   * Whether the highway's input is projected also when it is as wide as the units, not only when the sizes differ.
   * asappresearch/sru does so in bidirectional layers. Default false.
   */
  readonly projectSkip?: boolean;
  /**
   * `light` (default): the unit of Lei et al., without a matrix product of the state. `full`: another unit that some
   * textbooks call SRU, with the equations of a GRU whose update gate takes the candidate.
   */
  readonly recurrence?: 'light' | 'full';
  /** Default true. */
  readonly useBias?: boolean;
}

const LIGHT_ONLY = [
  'version',
  'highway',
  'activation',
  'rescale',
  'highwayBias',
  'scale',
  'projectSkip',
] as const;

/**
 * Simple recurrent unit. Lei et al. 2018, arXiv:1709.02755. States: the cell state `c` alone; the output is `h`.
 *
 * Blocks: candidate, forget, reset and, with a highway between different sizes, the skip projection. Its time loop has
 * no matrix product, so a whole sequence is one projection and one pointwise program.
 *
 * @throws RangeError when an option has no effect with `recurrence: 'full'`.
 */
export function sru(options: SruOptions = {}): Cell {
  checkOptions('sru', options, {
    version: [1, 2],
    highway: 'boolean',
    activation: 'activation',
    rescale: 'boolean',
    highwayBias: 'number',
    scale: 'number',
    projectSkip: 'boolean',
    recurrence: ['light', 'full'],
    useBias: 'boolean',
  });
  if (options.recurrence === 'full') return fullRecurrence(options);
  const { version = 2, highway = true, projectSkip = false, highwayBias, useBias } = options;
  const act = activation(options.activation ?? 'linear');
  const projectsSkip = (sizes: Sizes) => highway && (projectSkip || sizes.inputSize !== sizes.units);
  const scale = highwayScale(options);
  const vector = recurrentVector('f', 'r');
  return defineCell({
    name: 'sru',
    source: 'Lei et al. 2018, arXiv:1709.02755',
    options: { ...options },
    states: ['c'],
    useBias,
    parameters: (sizes) => ({
      kernel: projectsSkip(sizes) ? kernel('c', 'f', 'r', 's') : kernel<'c' | 'f' | 'r' | 's'>('c', 'f', 'r'),
      ...((version === 2 ? { recurrentVector: vector } : {}) as { recurrentVector: typeof vector }),
      bias: { ...bias('f', 'r'), ...(highwayBias !== undefined && { initial: { r: highwayBias } }) },
    }),
    equations: ({ x, c }, parameters, sizes) => {
      const { kernel: W, bias: b } = parameters;
      const gate = (name: 'f' | 'r'): Expression => {
        const projected = W[name](x);
        return sigmoid(
          (version === 2 ? projected.add(parameters.recurrentVector[name].mul(c)) : projected).add(b[name]),
        );
      };
      const f = gate('f');
      const r = gate('r');
      const memory = f.mul(c).add(f.oneMinus().mul(W.c(x)));
      const exposed = r.mul(act(memory));
      if (!highway) return { f, r, c: memory, h: exposed, output: exposed };
      const skip = projectsSkip(sizes) ? W.s(x) : x.mul(scale);
      const h = exposed.add(r.oneMinus().mul(skip));
      return { f, r, c: memory, h, output: h };
    },
  });
}

function fullRecurrence(options: SruOptions): Cell {
  const misplaced = LIGHT_ONLY.filter((key) => options[key] !== undefined);
  if (misplaced.length > 0) {
    throw new RangeError(`sru: with recurrence 'full' there is no ${misplaced.join(', ')}; leave it out.`);
  }
  const equations = gru({
    resetAfter: false,
    update: 'take',
    ...(options.useBias === undefined ? {} : { useBias: options.useBias }),
  });
  return { ...equations, name: 'sru', options: { ...options } };
}
