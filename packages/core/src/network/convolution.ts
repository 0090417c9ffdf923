import { type ActivationSetting, activation } from '../equations/activations.js';
import type { Expression } from '../equations/expression.js';
import { concat, slice } from '../equations/rows.js';
import type { Block } from './network.js';
import { checkCounts, Signal } from './signal.js';

export interface ConvolutionOptions {
  readonly kernelSize: number;
  /** Positions from window to window. Default 1. */
  readonly strides?: number;
  /** Positions between the numbers of a window. Default 1. */
  readonly dilation?: number;
  /**
   * `valid`: windows lie within the frame. `same`: zeros around the frame give `⌈positions / strides⌉` windows, as in Keras.
   * `causal`: windows reach back into the frames before, which the block keeps; a window ends at each position. A pair of
   * numbers: so many zeros before and after. Default `valid`.
   */
  readonly padding?: 'valid' | 'same' | 'causal' | readonly [before: number, after: number];
  /** Default `linear`. */
  readonly activation?: ActivationSetting;
  /** Default true. */
  readonly useBias?: boolean;
}

export interface Conv1dOptions extends ConvolutionOptions {
  readonly filters: number;
}

/**
 * A convolution over the positions of a frame. Parameters: `kernel` `[kernelSize · channels, filters]`, which are Keras's numbers
 * in the same order, and `bias` `[filters]`.
 */
export const conv1d = ({ filters, useBias = true, ...options }: Conv1dOptions): Block =>
  convolution(options, (input, scope) => {
    checkCounts('conv1d', { filters });
    const rows = options.kernelSize * input.channels;
    const W = scope.matrix('kernel', { role: 'kernel', rows, width: filters });
    const b = useBias ? scope.vector('bias', { role: 'bias', width: filters }) : null;
    return {
      channels: filters,
      apply: (window) => (b === null ? W(concat(...window)) : W(concat(...window)).add(b())),
    };
  });

/**
 * A convolution of each channel with its own numbers. Parameters: `kernel` `[kernelSize, channels]` as one row, `bias` `[channels]`.
 */
export const depthwiseConv1d = ({ useBias = true, ...options }: ConvolutionOptions): Block =>
  convolution(options, ({ channels }, scope) => {
    const { kernelSize } = options;
    const blocks = Array.from({ length: kernelSize }, (_, i) => `k${i}`);
    const w = scope.vector('kernel', { role: 'recurrentVector', width: channels, blocks });
    const b = useBias ? scope.vector('bias', { role: 'bias', width: channels }) : null;
    return {
      channels,
      apply: (window) => {
        const rows =
          window.length === kernelSize ? window : Signal.of(concat(...window), channels, kernelSize).rows;
        const sum = rows.map((row, i) => row.mul(w(blocks[i]))).reduce((a, c) => a.add(c));
        return b === null ? sum : sum.add(b());
      },
    };
  });

type MakeFilter = (...parts: Parameters<Block>) => {
  readonly channels: number;
  readonly apply: (window: readonly Expression[]) => Expression;
};

function convolution(options: ConvolutionOptions, makeFilter: MakeFilter): Block {
  const {
    kernelSize,
    strides = 1,
    dilation = 1,
    padding = 'valid',
    activation: setting = 'linear',
  } = options;
  checkCounts('a convolution', { kernelSize, strides, dilation });
  if (!PADDINGS.includes(padding) && !isPair(padding)) {
    throw new TypeError(
      `a convolution: padding must be 'valid', 'same', 'causal' or [before, after], but is ${JSON.stringify(padding)}.`,
    );
  }
  const act = activation(setting);
  const reach = (kernelSize - 1) * dilation + 1;
  return (given, scope) => {
    if (padding === 'causal' && given.positions % strides !== 0) {
      throw new TypeError(
        `A causal convolution with strides of ${strides} needs frames of a multiple of so many positions, not of ${given.positions}.`,
      );
    }
    const { channels, apply } = makeFilter(given, scope);
    const whole = padding === 'causal' ? withPast(given, scope, reach - 1) : given;
    // Windows that overlap are parts of one piece: without it, each would copy its positions one by one.
    const isShared = dilation === 1 && kernelSize > strides;
    const input = isShared ? whole.reshape(1).reshape(whole.positions) : whole;
    const { positions } = input;
    const zeros = zerosAround(padding, positions, reach, strides);
    const count = Math.floor((positions + zeros[0] + zeros[1] - reach) / strides) + 1;
    if (count < 1) {
      throw new TypeError(
        `A convolution reaches over ${reach} positions, but its frame has ${positions}; pad it, or use padding: 'causal'.`,
      );
    }
    const starts = Array.from({ length: count }, (_, i) => i * strides - zeros[0]);
    return Signal.join(
      starts.map((start) => act(apply(input.window(start, kernelSize, dilation)))),
      channels,
    );
  };
}

const PADDINGS: readonly unknown[] = ['valid', 'same', 'causal'];

const isPair = (padding: unknown): boolean =>
  Array.isArray(padding) &&
  padding.length === 2 &&
  padding.every((count) => Number.isInteger(count) && count >= 0);

function zerosAround(
  padding: NonNullable<ConvolutionOptions['padding']>,
  positions: number,
  reach: number,
  strides: number,
): readonly [number, number] {
  if (padding === 'valid' || padding === 'causal') return [0, 0];
  if (padding !== 'same') return padding;
  const total = Math.max(0, (Math.ceil(positions / strides) - 1) * strides + reach - positions);
  return [Math.floor(total / 2), Math.ceil(total / 2)];
}

/** The last positions of the frames before, and then this frame. */
function withPast(...[input, scope, count]: [...Parameters<Block>, count: number]): Signal {
  if (count === 0) return input;
  const { channels } = input;
  const all = concat(scope.state('past', count * channels), input.row);
  scope.update('past', slice(all, input.width, count * channels));
  return Signal.of(all, channels, count + input.positions);
}
