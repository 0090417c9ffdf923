import { type ActivationSetting, activation, sigmoid } from '../equations/activations.js';
import type { Expression } from '../equations/expression.js';
import { type Cell, makeCell } from '../equations/make-cell.js';
import {
  bias,
  kernel,
  projection as projectionOf,
  recurrentVector,
  type Size,
  type Sizes,
} from '../equations/parameters.js';
import { normalize } from '../equations/rows.js';
import { gru } from './gru.js';
import { highwayScale } from './highway-scale.js';
import { gains } from './layer-norm.js';
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
   * The width of a row to which the input is projected before `kernel` (asappresearch/sru: `projection_size`). The highway takes
   * the input itself unless its input is projected. Default: none.
   */
  readonly projection?: number;
  /** Whether the input of the kernel is normalised, with gains and biases (Ba et al. 2016). Default false. */
  readonly layerNorm?: boolean;
  /** With `layerNorm`: the output is normalised instead of the input. Default false. */
  readonly normalizeAfter?: boolean;
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
  'projection',
  'layerNorm',
  'normalizeAfter',
] as const;

/**
 * Simple recurrent unit. Lei et al. 2018, arXiv:1709.02755. States: the cell state `c` alone; the output is `h`.
 *
 * Blocks: candidate, forget, reset and, with a highway between different sizes, the skip projection. Its time loop has
 * no matrix product, so a whole sequence is one projection and one pointwise program.
 *
 * @throws RangeError when an option has no effect: with `recurrence: 'full'`, or `normalizeAfter` without `layerNorm`.
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
    projection: 'positive whole number',
    layerNorm: 'boolean',
    normalizeAfter: 'boolean',
    recurrence: ['light', 'full'],
    useBias: 'boolean',
  });
  if (options.recurrence === 'full') return fullRecurrence(options);
  const { version = 2, highway = true, projectSkip = false, highwayBias, useBias } = options;
  const { projection, layerNorm = false, normalizeAfter = false } = options;
  if (normalizeAfter && !layerNorm) {
    throw new RangeError('sru: normalizeAfter moves the layer normalisation; give layerNorm: true too.');
  }
  const act = activation(options.activation ?? 'linear');
  const projectsSkip = (sizes: Sizes) => highway && (projectSkip || sizes.inputSize !== sizes.units);
  const scale = highwayScale(options);
  const vectors = { recurrentVector: recurrentVector('f', 'r') };
  const lowRank = {
    projection: { ...projectionOf('x'), rows: 'inputSize', width: projection ?? 1 },
  } as const;
  const width: Size = normalizeAfter ? 'units' : 'inputSize';
  const norm = {
    normGain: { ...gains('n'), width },
    normBias: { ...bias('n'), width, symbol: 'β' },
  };
  return makeCell({
    name: 'sru',
    source: 'Lei et al. 2018, arXiv:1709.02755',
    options: { ...options },
    states: ['c'],
    useBias,
    parameters: (sizes) => ({
      kernel: {
        ...(projectsSkip(sizes) ? kernel('c', 'f', 'r', 's') : kernel<'c' | 'f' | 'r' | 's'>('c', 'f', 'r')),
        ...(projection && { rows: projection }),
      },
      ...((projection ? lowRank : {}) as typeof lowRank),
      ...((version === 2 ? vectors : {}) as typeof vectors),
      bias: { ...bias('f', 'r'), ...(highwayBias !== undefined && { initial: { r: highwayBias } }) },
      ...((layerNorm ? norm : {}) as typeof norm),
    }),
    equations: ({ x, c }, parameters, sizes) => {
      const { kernel: W, bias: b } = parameters;
      const normalized = (row: Expression) =>
        normalize(row).mul(parameters.normGain.n).add(parameters.normBias.n);
      const input = layerNorm && !normalizeAfter ? normalized(x) : x;
      const row = projection ? parameters.projection.x(input) : input;
      const gate = (name: 'f' | 'r'): Expression => {
        const projected = W[name](row);
        return sigmoid(
          (version === 2 ? projected.add(parameters.recurrentVector[name].mul(c)) : projected).add(b[name]),
        );
      };
      const f = gate('f');
      const r = gate('r');
      const memory = f.mul(c).add(f.oneMinus().mul(W.c(row)));
      const exposed = r.mul(act(memory));
      const skip = projectsSkip(sizes) ? W.s(row) : x.mul(scale);
      const mixed = highway ? exposed.add(r.oneMinus().mul(skip)) : exposed;
      const h = normalizeAfter ? normalized(mixed) : mixed;
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
