import { cells, planFor } from '@sluice/core';
import { layouts } from '@sluice/core/layouts';
import { describe, it } from 'vitest';
import { type FixtureCase, loadFixtures, type Tensor } from '../fixtures/load.js';
import { type Batch, differentiateSide, runSide, type Side } from './side.js';
import { expectClose, leadingPart, sum, trailingPart, values } from './tensors.js';

const FORWARD = 1e-12;
const GRADIENT = 1e-12;

const layers = {
  RNN: { layout: layouts.pytorch.simpleRnn, cell: cells.simpleRnn },
  LSTM: { layout: layouts.pytorch.lstm, cell: cells.lstm },
  GRU: {
    layout: layouts.pytorch.gru,
    cell: (options: object) => cells.gru({ ...options, resetAfter: true }),
  },
} as const;

/** The weights of one direction under the layout's names; without the second bias when `secondBias` is false. */
function sideWeights(tensors: Readonly<Record<string, Tensor>>, suffix: string, secondBias = true) {
  const named = (name: string) => {
    const tensor = tensors[`${name}_l0${suffix}`];
    return tensor && values(tensor);
  };
  const biasIh = named('bias_ih');
  const biasHh = secondBias ? named('bias_hh') : undefined;
  const weights = { weightIh: named('weight_ih'), weightHh: named('weight_hh') };
  return { ...weights, ...(biasIh && { biasIh }), ...(biasHh && { biasHh }) };
}

function check({ layer, config, weights, calls: [call] }: FixtureCase): void {
  const { layout, cell } = layers[layer as keyof typeof layers];
  const sizes = { inputSize: config.input_size as number, units: config.hidden_size as number };
  const useBias = config.bias !== false;
  const plan = planFor(
    cell({ useBias, ...(config.nonlinearity === 'relu' && { activation: 'relu' }) }),
    sizes,
  );
  const suffixes = config.bidirectional ? ['', '_reverse'] : [''];
  const count = suffixes.length;
  const [batchSize, timesteps] = call.x.shape;
  const mask = call.mask && values(call.mask);
  const batch: Batch = { batch: batchSize, timesteps, x: values(call.x), mask, maskedOutput: 'zero' };
  const [output, ...states] = call.outputs;
  const [outputCotangent, ...stateCotangents] = call.cotangents ?? [];

  const xGradients = suffixes.map((suffix, d) => {
    const side: Side = {
      plan,
      weights: layout.toNative(sideWeights(weights, suffix), sizes),
      reverse: d === 1,
      initialStates: call.initialStates?.map((state) => leadingPart(state, d, count)),
    };
    const result = runSide(side, batch);
    expectClose(
      result.sequence,
      trailingPart(values(output), sizes.units, d, count),
      FORWARD,
      `output${suffix}`,
    );
    states.forEach((state, s) => {
      expectClose(result.states[s], leadingPart(state, d, count), FORWARD, `state ${s}${suffix}`);
    });

    const gradient = differentiateSide(side, batch, {
      sequence: trailingPart(values(outputCotangent), sizes.units, d, count),
      states: stateCotangents.map((state) => leadingPart(state, d, count)),
    });
    call.gradients?.initialStates?.forEach((theirs, s) => {
      const what = `gradient of state ${s}${suffix}`;
      expectClose(gradient.initialStates[s], leadingPart(theirs, d, count), GRADIENT, what);
    });
    // Where PyTorch has two biases and the cell one, each of the two has the gradient of their sum.
    const theirs = layout.toNative(
      sideWeights(call.gradients?.weights ?? {}, suffix, layer === 'GRU'),
      sizes,
    );
    for (const [name, ours] of Object.entries(gradient.weights)) {
      expectClose(
        ours,
        theirs[name as keyof typeof theirs] as Float64Array,
        GRADIENT,
        `gradient of ${name}${suffix}`,
      );
    }
    return gradient.x;
  });
  expectClose(xGradients.reduce(sum), call.gradients?.x as Tensor, GRADIENT, 'gradient of x');
}

describe('the float64 reference and PyTorch', () => {
  it.each(loadFixtures('pytorch').map((one) => [one.name, one] as const))('%s', (_, one) => check(one));
});
