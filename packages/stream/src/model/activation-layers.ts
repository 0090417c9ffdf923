/** Activations of Keras, as options of layers and as layers. */
import {
  type ActivationSetting,
  activation,
  type Expression,
  greater,
  softmax,
  where,
} from '@sluice/core/equations';
import { type Block, elementwise, type Signal } from '@sluice/core/network';
import { type Flow, type LayerCall, type LayerRule, withSignal } from './layer-call.js';

const softmaxOfPositions: Block = (input) => input.map(input.channels, (row) => softmax(row));

/** A function of every number. */
export const pointwise = (call: LayerCall, apply: (row: Expression) => Expression): Flow =>
  withSignal(call.input, elementwise(call.input.signal, apply));

/** The block of an activation by Keras's name; null for none. @throws RangeError for an unknown name. */
export function activationBlock(setting: unknown): Block | null {
  if (setting == null || setting === 'linear') return null;
  if (typeof setting !== 'string') throw new Error(`its activation is ${JSON.stringify(setting)}`);
  if (setting === 'softmax') return softmaxOfPositions;
  const apply = activation(setting as ActivationSetting);
  return (input) => elementwise(input, apply);
}

/** The signal after the activation that the layer has as an option. */
export function activated(call: LayerCall, signal: Signal): Signal {
  const block = activationBlock(call.option('activation'));
  return block === null ? signal : call.apply(block, signal, {}, 'activation');
}

const leaky = (slope: number) => (row: Expression) => row.max(0).add(row.min(0).mul(slope));

/** `max(x, 0)` with an upper limit, a slope below the threshold and a threshold. */
const relu: LayerRule = (call) => {
  const [threshold, slope] = [call.number('threshold', 0), call.number('negative_slope', 0)];
  const limit = call.option('max_value');
  return pointwise(call, (row) => {
    const below = row.sub(threshold).mul(slope);
    const kept = threshold === 0 && slope === 0 ? row.max(0) : where(greater(threshold, row), below, row);
    return typeof limit === 'number' ? kept.min(limit) : kept;
  });
};

/** A slope for each channel, or for each number of the frame. */
const prelu: LayerRule = (call) => {
  const { signal } = call.input;
  const [alpha] = call.weights(1);
  const isShared = alpha.length === signal.channels;
  if (!isShared && alpha.length !== signal.width) {
    throw new Error(`it has ${alpha.length} slopes for ${signal.positions} × ${signal.channels} numbers`);
  }
  const block: Block = (input, scope) => {
    const slopes = scope.vector('alpha', { role: 'recurrentVector', width: alpha.length });
    const apply = (row: Expression) => row.max(0).add(row.min(0).mul(slopes()));
    return isShared ? input.map(input.channels, apply) : elementwise(input, apply);
  };
  return withSignal(call.input, call.apply(block, signal, { alpha }));
};

/** The rules by Keras's class names. */
export const activationLayers: Readonly<Record<string, LayerRule>> = {
  Activation: (call) => withSignal(call.input, activated(call, call.input.signal)),
  ReLU: relu,
  LeakyReLU: (call) => {
    const slope = call.option('negative_slope') ?? call.option('alpha') ?? 0.3;
    if (typeof slope !== 'number') throw new Error(`its slope is ${JSON.stringify(slope)}`);
    return pointwise(call, leaky(slope));
  },
  ELU: (call) => pointwise(call, activation({ name: 'elu', alpha: call.number('alpha', 1) })),
  ThresholdedReLU: (call) =>
    pointwise(call, activation({ name: 'thresholdedRelu', alpha: call.number('theta', 1) })),
  Softmax: (call) => {
    call.checkLastAxis();
    return withSignal(call.input, call.apply(softmaxOfPositions, call.input.signal));
  },
  PReLU: prelu,
};
