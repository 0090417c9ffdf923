/** Layers of Keras without weights: those that join, cut, pool or rearrange signals. */
import { concat, type Expression, slice, zeros } from '@sluice/core/equations';
import { averagePool, concatenate, maxPool, type PoolOptions, Signal } from '@sluice/core/network';
import { pointwise } from './activation-layers.js';
import { type Flow, type LayerCall, type LayerRule, MAX_COUNT, withSignal } from './layer-call.js';

/** Layers that do nothing after training. */
const nothing: LayerRule = (call) => call.input;

/** Layers that combine signals of one shape. */
const combining =
  (
    combine: (a: Expression, b: Expression) => Expression,
    after = (_count: number, row: Expression) => row,
  ): LayerRule =>
  ({ inputs }) => {
    const [first, ...rest] = inputs;
    const shapes = inputs.map(({ signal }) => `[${signal.positions}, ${signal.channels}]`);
    if (new Set(shapes).size > 1) throw new Error(`its inputs have the shapes ${shapes.join(' and ')}`);
    const { signal } = first;
    const all = [first, ...rest].map((flow) => flow.signal.rows);
    const rows = signal.rows.map((_, i) => after(all.length, all.map((own) => own[i]).reduce(combine)));
    return withSignal(first, Signal.join(rows, signal.channels));
  };

const concatenation: LayerRule = (call) => {
  const { inputs } = call;
  const axis = call.option('axis') ?? -1;
  const { isSequence } = inputs[0];
  const last = isSequence ? 2 : 1;
  const signals = inputs.map(({ signal }) => signal);
  if (axis === -1 || axis === last) return withSignal(inputs[0], concatenate(...signals));
  const widths = new Set(signals.map(({ channels }) => channels));
  if ((axis !== 1 && axis !== -2) || !isSequence || widths.size > 1) {
    throw new Error(`it joins along the axis ${JSON.stringify(axis)}, which does not fit`);
  }
  call.seesFrame('it joins sequences one behind the other');
  const { channels } = signals[0];
  return withSignal(
    inputs[0],
    Signal.join(
      signals.flatMap(({ rows }) => rows),
      channels,
    ),
  );
};

const flatten: LayerRule = (call) => {
  const { signal, isSequence } = call.input;
  if (isSequence && signal.positions > 1) call.seesFrame('it joins the time steps');
  return { signal: signal.reshape(1), isSequence: false };
};

const reshapeLayer: LayerRule = (call) => {
  const { signal } = call.input;
  const target = [call.option('target_shape')].flat() as number[];
  const known = target.filter((size) => size !== -1).reduce((product, size) => product * size, 1);
  const shape = target.map((size) => (size === -1 ? signal.width / known : size));
  const count = shape.reduce((product, size) => product * size, 1);
  if (
    shape.length > 2 ||
    count !== signal.width ||
    !shape.every((size) => Number.isSafeInteger(size) && size > 0)
  ) {
    throw new Error(`it makes [${target.join(', ')}] of ${signal.positions} × ${signal.channels} numbers`);
  }
  if (signal.positions > 1) call.seesFrame('it joins the time steps');
  const isSequence = shape.length === 2;
  return { signal: signal.reshape(isSequence ? shape[0] : 1), isSequence, isWithinFrame: isSequence };
};

/** Elements that are moved one by one. */
const MAX_MOVED = 8192;

const permute: LayerRule = (call) => {
  const { sequence } = call;
  const order = JSON.stringify(call.option('dims'));
  if (order === '[1,2]') return call.input;
  if (order !== '[2,1]') throw new Error(`its dims are ${order}`);
  if (sequence.width > MAX_MOVED) throw new Error(`it moves ${sequence.width} numbers; at most ${MAX_MOVED}`);
  if (sequence.positions > 1) call.seesFrame('it exchanges time steps and channels');
  const { rows, channels } = sequence;
  const columns = Array.from({ length: channels }, (_, c) => concat(...rows.map((row) => slice(row, c, 1))));
  return { signal: Signal.join(columns, sequence.positions), isSequence: true, isWithinFrame: true };
};

const repeatVector: LayerRule = (call) => {
  const { signal, isSequence } = call.input;
  if (isSequence) throw new Error('its input is a sequence');
  const rows = Array<Expression>(call.count('n')).fill(signal.row);
  return { signal: Signal.join(rows, signal.channels), isSequence: true, isWithinFrame: true };
};

const pool =
  (block: (options: PoolOptions) => ReturnType<typeof maxPool>): LayerRule =>
  (call) => {
    const size = call.count('pool_size', 2);
    const strides = call.count('strides', size);
    const { sequence } = call;
    const padding = call.option('padding') ?? 'valid';
    const isWhole = sequence.positions % strides === 0 && size === strides;
    if (padding !== 'valid' && !isWhole) throw new Error(`its padding is ${JSON.stringify(padding)}`);
    if (!isWhole) call.seesFrame('its windows do not fill the frame');
    return withSignal(call.input, call.apply(block({ size, strides }), sequence));
  };

const globalPool =
  (block: () => ReturnType<typeof maxPool>): LayerRule =>
  (call) => {
    const { sequence } = call;
    call.seesFrame('it pools over the frame');
    return { signal: call.apply(block(), sequence), isSequence: call.isOn('keepdims', false) };
  };

/** Two whole numbers, from a number or a list. */
function pair(call: LayerCall, name: string): [number, number] {
  const given = [call.option(name) ?? 1].flat(2) as number[];
  const [first, second = first] = given;
  if (
    given.length <= 2 &&
    [first, second].every((count) => Number.isSafeInteger(count) && count >= 0 && count <= MAX_COUNT)
  ) {
    return [first, second];
  }
  throw new Error(`its ${name} is ${JSON.stringify(call.option(name))}`);
}

const zeroPadding: LayerRule = (call) => {
  const [before, after] = pair(call, 'padding');
  const { sequence } = call;
  call.seesFrame('it adds time steps of zeros');
  const empty = (count: number) => Array.from({ length: count }, () => zeros(sequence.channels));
  const rows = [...empty(before), ...sequence.rows, ...empty(after)];
  return withSignal(call.input, Signal.join(rows, sequence.channels));
};

const cropping: LayerRule = (call) => {
  const [before, after] = pair(call, 'cropping');
  const { sequence } = call;
  const rows = sequence.rows.slice(before, sequence.positions - after);
  if (rows.length === 0) throw new Error(`it cuts all ${sequence.positions} time steps off`);
  call.seesFrame('it cuts time steps off');
  return withSignal(call.input, Signal.join(rows, sequence.channels));
};

const upSampling: LayerRule = (call) => {
  const { sequence } = call;
  const times = call.count('size', 2);
  const rows = sequence.rows.flatMap((row) => Array<Expression>(times).fill(row));
  return withSignal(call.input, Signal.join(rows, sequence.channels));
};

const rescaling: LayerRule = (call): Flow => {
  const [factor, offset] = [call.number('scale', 1), call.number('offset', 0)];
  return pointwise(call, (row) => row.mul(factor).add(offset));
};

/** The rules by Keras's class names. */
export const shapeLayers: Readonly<Record<string, LayerRule>> = {
  Dropout: nothing,
  SpatialDropout1D: nothing,
  GaussianDropout: nothing,
  GaussianNoise: nothing,
  AlphaDropout: nothing,
  ActivityRegularization: nothing,
  Add: combining((a, b) => a.add(b)),
  Subtract: combining((a, b) => a.sub(b)),
  Multiply: combining((a, b) => a.mul(b)),
  Average: combining(
    (a, b) => a.add(b),
    (count, row) => row.mul(1 / count),
  ),
  Maximum: combining((a, b) => a.max(b)),
  Minimum: combining((a, b) => a.min(b)),
  Concatenate: concatenation,
  Flatten: flatten,
  Reshape: reshapeLayer,
  Permute: permute,
  RepeatVector: repeatVector,
  MaxPooling1D: pool(maxPool),
  AveragePooling1D: pool(averagePool),
  GlobalMaxPooling1D: globalPool(maxPool),
  GlobalAveragePooling1D: globalPool(averagePool),
  ZeroPadding1D: zeroPadding,
  Cropping1D: cropping,
  UpSampling1D: upSampling,
  Rescaling: rescaling,
};
