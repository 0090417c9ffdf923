import { cells, planFor } from '@sluice/core';
import type { ActivationSetting } from '@sluice/core/equations';
import { describe, it } from 'vitest';
import { type FixtureCase, loadFixtures, type Tensor } from '../fixtures/load.js';
import { type Batch, differentiateSide, runSide } from './side.js';
import { expectClose, values } from './tensors.js';

const TOLERANCE = 1e-12;

/** A simple network of one unit that passes its input on and forgets its state is the activation alone. */
function check({ name, config, calls: [call] }: FixtureCase): void {
  const activation = { ...config, name } as ActivationSetting;
  const plan = planFor(cells.simpleRnn({ activation, useBias: false }), { inputSize: 1, units: 1 });
  const weights = { kernel: Float64Array.of(1), recurrentKernel: Float64Array.of(0) };
  const batch: Batch = { batch: call.x.data.length, timesteps: 1, x: values(call.x) };
  const side = { plan, weights, reverse: false };
  expectClose(runSide(side, batch).sequence, call.outputs[0], TOLERANCE, name);
  const { x } = differentiateSide(side, batch, { sequence: batch.x.map(() => 1) });
  expectClose(x, call.gradients?.x as Tensor, TOLERANCE, `derivative of ${name}`);
}

describe('the activations and PyTorch', () => {
  it.each(
    loadFixtures('pytorch-activations').map(
      (one) => [`${one.name} ${JSON.stringify(one.config)}`, one] as const,
    ),
  )('%s', (_, one) => check(one));
});
