import { type ActivationSetting, activation } from '../equations/activations.js';
import type { Expression } from '../equations/expression.js';
import { concat, normalize } from '../equations/rows.js';
import type { Block } from './network.js';
import { checkCounts, Signal } from './signal.js';

export interface DenseOptions {
  readonly units: number;
  /** Default `linear`. */
  readonly activation?: ActivationSetting;
  /** Default true. */
  readonly useBias?: boolean;
}

/** A dense layer, applied to each position. Parameters: `kernel` `[channels, units]`, `bias` `[units]`. */
export const dense =
  ({ units, activation: setting = 'linear', useBias = true }: DenseOptions): Block =>
  (input, scope) => {
    checkCounts('dense', { units });
    const act = activation(setting);
    const W = scope.matrix('kernel', { role: 'kernel', rows: input.channels, width: units });
    const b = useBias ? scope.vector('bias', { role: 'bias', width: units }) : null;
    return input.map(units, (row) => act(b === null ? W(row) : W(row).add(b())));
  };

/** An activation function of every number. */
export const activate =
  (setting: ActivationSetting): Block =>
  (input) =>
    elementwise(input, activation(setting));

/** The same numbers with other positions: `[positions, numbers / positions]`. */
export const reshape =
  (positions: number): Block =>
  (input) =>
    input.reshape(positions);

export interface ScaleOptions {
  /** Default true. */
  readonly useBias?: boolean;
}

/**
 * Each channel times a number, plus a number: batch normalisation after training, with `scale = γ / √(variance + ε)` and
 * `bias = β − mean · scale`. Parameters: `scale`, `bias` `[channels]`.
 */
export const scale =
  ({ useBias = true }: ScaleOptions = {}): Block =>
  (input, scope) => {
    const { channels: width } = input;
    const s = scope.vector('scale', { role: 'recurrentVector', width, initial: { y: 1 } });
    const b = useBias ? scope.vector('bias', { role: 'bias', width }) : null;
    return input.map(width, (row) => (b === null ? row.mul(s()) : row.mul(s()).add(b())));
  };

export interface LayerNormOptions {
  /** Added to the variance. Default 1e-5, as in PyTorch. */
  readonly epsilon?: number;
}

/** Layer normalisation over the channels of each position, with `scale` and `bias` `[channels]`. Ba et al. 2016. */
export const layerNorm =
  ({ epsilon = 1e-5 }: LayerNormOptions = {}): Block =>
  (input, scope) => {
    const { channels: width } = input;
    const s = scope.vector('scale', { role: 'recurrentVector', width, initial: { y: 1 } });
    const b = scope.vector('bias', { role: 'bias', width });
    return input.map(width, (row) => normalize(row, { epsilon }).mul(s()).add(b()));
  };

export interface PoolOptions {
  /** Positions of a window. Default: all of them. */
  readonly size?: number;
  /** Positions from window to window. Default `size`. */
  readonly strides?: number;
}

/** The largest number of each channel in windows of positions. */
export const maxPool = (options: PoolOptions = {}): Block =>
  pool(options, (rows) => rows.reduce((most, row) => most.max(row)));

/** The mean of each channel in windows of positions. */
export const averagePool = (options: PoolOptions = {}): Block =>
  pool(options, (rows) => rows.reduce((sum, row) => sum.add(row)).mul(1 / rows.length));

function pool({ size, strides }: PoolOptions, combine: (rows: readonly Expression[]) => Expression): Block {
  return (input) => {
    const { positions, channels, rows } = input;
    const window = size ?? positions;
    checkCounts('a pool', { size: window, strides: strides ?? window });
    const count = Math.floor((positions - window) / (strides ?? window)) + 1;
    if (count < 1) {
      throw new TypeError(`A pool of ${window} positions does not fit into ${positions} positions.`);
    }
    const starts = Array.from({ length: count }, (_, i) => i * (strides ?? window));
    return Signal.join(
      starts.map((start) => combine(rows.slice(start, start + window))),
      channels,
    );
  };
}

/** The channels of several signals side by side, position by position. They must have equally many positions. */
export function concatenate(...signals: readonly Signal[]): Signal {
  const { positions } = checkSignals('concatenate', signals);
  const channels = signals.reduce((sum, signal) => sum + signal.channels, 0);
  const rows = signals.map((signal) => signal.rows);
  return Signal.join(
    Array.from({ length: positions }, (_, i) => concat(...rows.map((row) => row[i]))),
    channels,
  );
}

/** The sum of signals of the same shape, such as those of a skip connection. */
export const add = (...signals: readonly Signal[]): Signal => combine('add', signals, (a, b) => a.add(b));

/** The product of signals of the same shape, number by number, such as a mask and what it masks. */
export const multiply = (...signals: readonly Signal[]): Signal =>
  combine('multiply', signals, (a, b) => a.mul(b));

function combine(
  name: string,
  signals: readonly Signal[],
  apply: (a: Expression, b: Expression) => Expression,
): Signal {
  const { positions, channels } = checkSignals(name, signals);
  const other = signals.find((signal) => signal.channels !== channels);
  if (other !== undefined) {
    throw new TypeError(
      `${name}: signals must have equally many channels, but have ${channels} and ${other.channels}.`,
    );
  }
  const rows = signals.map((signal) => signal.rows);
  return Signal.join(
    Array.from({ length: positions }, (_, i) => rows.map((row) => row[i]).reduce(apply)),
    channels,
  );
}

function checkSignals(name: string, signals: readonly Signal[]): Signal {
  const [first] = signals;
  if (first === undefined) throw new TypeError(`${name}: give at least one signal.`);
  const other = signals.find(({ positions }) => positions !== first.positions);
  if (other === undefined) return first;
  throw new TypeError(
    `${name}: signals must have equally many positions, but have ${first.positions} and ${other.positions}.`,
  );
}

/** A function of all numbers of a signal. */
export const elementwise = (input: Signal, apply: (row: Expression) => Expression): Signal =>
  Signal.of(apply(input.row), input.channels, input.positions);
