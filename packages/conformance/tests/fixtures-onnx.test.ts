import { cells, planFor } from '@sluice/core';
import type { ActivationName, ActivationSetting } from '@sluice/core/equations';
import { layouts } from '@sluice/core/layouts';
import { describe, it } from 'vitest';
import { type Config, type FixtureCase, loadFixtures } from '../fixtures/load.js';
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
  LeakyRelu: 'leakyRelu',
  ScaledTanh: 'scaledTanh',
  ThresholdedRelu: 'thresholdedRelu',
  Affine: 'affine',
  Elu: 'elu',
};

const WITH_ALPHA = ['LeakyRelu', 'ThresholdedRelu', 'ScaledTanh', 'HardSigmoid', 'Affine', 'Elu'];
const WITH_BETA = ['ScaledTanh', 'HardSigmoid', 'Affine'];

/** ONNX lists the parameters of all activations, without gaps for those that have none; where a list ends, defaults begin. */
function activationsOf(config: Config): ActivationSetting[] | undefined {
  const alphas = [...((config.activation_alpha as number[] | undefined) ?? [])];
  const betas = [...((config.activation_beta as number[] | undefined) ?? [])];
  return (config.activations as string[] | undefined)?.map((name) => {
    const alpha = WITH_ALPHA.includes(name) ? alphas.shift() : undefined;
    const beta = WITH_BETA.includes(name) ? betas.shift() : undefined;
    return {
      name: activationNames[name],
      ...(alpha !== undefined && { alpha }),
      ...(beta !== undefined && { beta }),
    };
  });
}

function cellAndLayout({ layer, config, weights }: FixtureCase) {
  const given = activationsOf(config);
  const useBias = weights.B !== undefined;
  const clip = config.clip as number | undefined;
  if (layer === 'RNN') {
    return {
      cell: cells.simpleRnn({ activation: given?.[0] ?? 'tanh', useBias, clip }),
      layout: layouts.onnx.simpleRnn,
    };
  }
  const [recurrentActivation, activation, outputActivation] = given ?? (['sigmoid', 'tanh', 'tanh'] as const);
  const options = { activation, recurrentActivation, useBias, clip };
  if (layer === 'LSTM') {
    const inputForget = config.input_forget === 1;
    const peephole = weights.P !== undefined;
    return {
      cell: cells.lstm({ ...options, outputActivation, peephole, inputForget }),
      layout: inputForget ? layouts.onnx.lstmInputForget : layouts.onnx.lstm,
    };
  }
  const resetAfter = config.linear_before_reset === 1;
  return {
    cell: cells.gru({ ...options, resetAfter }),
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
