import { type ActivationName, gru, layouts, lstm, planFor, simpleRnn } from '@sluice/core';
import { describe, it } from 'vitest';
import { type FixtureCase, loadFixtures } from '../fixtures/load.js';
import { runSide } from './side.js';
import { expectClose, leadingPart, swapped, values } from './tensors.js';

/** onnxruntime computes in float32. */
const FORWARD = 2e-6;

const activationNames: Record<string, ActivationName> = {
  Tanh: 'tanh',
  Sigmoid: 'sigmoid',
  Relu: 'relu',
  HardSigmoid: 'hardSigmoid',
  Softsign: 'softsign',
};

function cellAndLayout({ layer, config, weights }: FixtureCase) {
  const given = (config.activations as string[] | undefined)?.map((name) => activationNames[name]);
  const useBias = weights.B !== undefined;
  if (layer === 'RNN') {
    return { cell: simpleRnn({ activation: given?.[0] ?? 'tanh', useBias }), layout: layouts.onnx.simpleRnn };
  }
  const [recurrentActivation, activation] = given ?? (['sigmoid', 'tanh'] as const);
  const options = { activation, recurrentActivation, useBias };
  if (layer === 'LSTM') {
    return { cell: lstm({ ...options, peephole: weights.P !== undefined }), layout: layouts.onnx.lstm };
  }
  const resetAfter = config.linear_before_reset === 1;
  return {
    cell: gru({ ...options, resetAfter }),
    layout: resetAfter ? layouts.onnx.gru : layouts.onnx.gruResetBefore,
  };
}

function check(one: FixtureCase): void {
  const { config, calls } = one;
  const [call] = calls;
  const { cell, layout } = cellAndLayout(one);
  const sizes = { inputSize: config.input_size as number, units: config.hidden_size as number };
  const { W, R, ...optional } = Object.fromEntries(
    Object.entries(one.weights).map(([name, tensor]) => [name, values(tensor)]),
  );
  const weights = { W, R, ...optional };
  const both = config.direction === 'bidirectional';
  const sides = both
    ? Object.values(layout.toNativeBidirectional(weights, sizes))
    : [layout.toNative(weights, sizes)];
  const [timesteps, batchSize] = call.x.shape;
  const batch = {
    batch: batchSize,
    timesteps,
    x: swapped(values(call.x), timesteps, batchSize),
    mask: call.mask && values(call.mask),
    maskedOutput: 'zero' as const,
  };
  const [output, ...states] = call.outputs;
  // [timesteps, directions, batch, units] to [directions, timesteps, batch, units].
  const byDirection = swapped(values(output), timesteps, sides.length);

  sides.forEach((weights, d) => {
    const result = runSide(
      {
        plan: planFor(cell, sizes),
        weights,
        reverse: config.direction === 'reverse' || d === 1,
        initialStates: call.initialStates?.map((state) => leadingPart(state, d, sides.length)),
      },
      batch,
    );
    const length = byDirection.length / sides.length;
    const theirs = swapped(byDirection.slice(d * length, (d + 1) * length), timesteps, batchSize);
    expectClose(result.sequence, theirs, FORWARD, `output, direction ${d}`);
    states.forEach((state, s) => {
      const what = `state ${s}, direction ${d}`;
      expectClose(result.states[s], leadingPart(state, d, sides.length), FORWARD, what);
    });
  });
}

describe('the float64 reference and onnxruntime', () => {
  it.each(loadFixtures('onnx').map((one) => [one.name, one] as const))('%s', (_, one) => check(one));
});
