import { type Cell, cells, planFor } from '@sluice/core';
import type { ActivationName } from '@sluice/core/equations';
import { layouts } from '@sluice/core/layouts';
import type { Config, FixtureCall, Tensor } from '../fixtures/load.js';
import { type Batch, differentiateSide, runSide, type Side, type SideGradient } from './side.js';
import { reversedTime, values } from './tensors.js';

/** A Keras recurrent layer over core's reference: the layer's arguments around one `Side`. */
export interface KerasLayer {
  /** `[output, ...states]` as Keras returns them, whether or not `return_state` asks for the states. */
  run(batch: Batch): Float64Array[];
  /** Gradients from cotangents of what `run` returns; absent ones count as zero. */
  differentiate(batch: Batch, cotangents: readonly (Float64Array | undefined)[]): SideGradient;
}

const activationNames: Record<string, ActivationName> = {
  tanh: 'tanh',
  sigmoid: 'sigmoid',
  relu: 'relu',
  hard_sigmoid: 'hardSigmoidSixth',
  softsign: 'softsign',
  softplus: 'softplus',
  silu: 'silu',
  gelu: 'gelu',
  elu: 'elu',
  exponential: 'exp',
  linear: 'linear',
};

function cellAndLayout(kind: string, config: Config) {
  const activation = activationNames[(config.activation as string) ?? 'tanh'];
  const recurrentActivation = activationNames[(config.recurrent_activation as string) ?? 'sigmoid'];
  const useBias = config.use_bias !== false;
  const gated = { activation, recurrentActivation, useBias };
  const resetAfter = config.reset_after !== false;
  const choices: Record<string, { cell: Cell; layout: typeof layouts.keras.gru }> = {
    SimpleRNN: { cell: cells.simpleRnn({ activation, useBias }), layout: layouts.keras.simpleRnn },
    LSTM: { cell: cells.lstm(gated), layout: layouts.keras.lstm },
    GRU: {
      cell: cells.gru({ ...gated, resetAfter }),
      layout: resetAfter ? layouts.keras.gru : layouts.keras.gruResetBefore,
    },
  };
  return choices[kind];
}

/** Keras's weights in Sluice's storage, `prefix` being `forward.` or `backward.` in a bidirectional layer. */
export function kerasWeights(
  kind: string,
  config: Config,
  tensors: Readonly<Record<string, Tensor>>,
  inputSize: number,
  prefix = '',
) {
  const bias = tensors[`${prefix}bias`];
  const weights = {
    kernel: values(tensors[`${prefix}kernel`]),
    recurrentKernel: values(tensors[`${prefix}recurrent_kernel`]),
    ...(bias && { bias: values(bias) }),
  };
  return cellAndLayout(kind, config).layout.toNative(weights, { inputSize, units: config.units as number });
}

/** `call` gives the initial states and recurrent masks. */
export function kerasLayer(
  kind: string,
  config: Config,
  weights: Side['weights'],
  inputSize: number,
  call: Pick<FixtureCall, 'recurrentMasks'> & { initialStates?: readonly Float64Array[] },
): KerasLayer {
  const recurrentDropout = call.recurrentMasks !== undefined;
  const units = config.units as number;
  const plan = planFor(cellAndLayout(kind, config).cell, { inputSize, units }, { recurrentDropout });
  const blocks = plan.parameters.find(({ name }) => name === 'recurrentKernel')?.blocks ?? [];
  const reverse = config.go_backwards === true;
  const side: Side = {
    plan,
    weights,
    reverse,
    initialStates: call.initialStates,
    // Keras's masks are in the order of the recurrent kernel's blocks.
    ...(call.recurrentMasks && {
      recurrentMasks: plan.recurrentMasks.map(({ block }) =>
        values((call.recurrentMasks as readonly Tensor[])[blocks.indexOf(block)]),
      ),
    }),
  };
  const masked = (batch: Batch): Batch => ({
    ...batch,
    maskedOutput: config.zero_output_for_mask ? 'zero' : 'repeat',
  });
  /** Keras returns the outputs in order of processing; core leaves them at their input's position. */
  const processingOrder = (sequence: Float64Array, { batch, timesteps }: Batch) =>
    reverse ? reversedTime(sequence, batch, timesteps) : sequence;
  const atLastStep = (batch: Batch) => (_: number, i: number) =>
    Math.floor(i / units) % batch.timesteps === batch.timesteps - 1;

  return {
    run: (batch) => {
      const { sequence, states } = runSide(side, masked(batch));
      const ordered = processingOrder(sequence, batch);
      return [config.return_sequences ? ordered : ordered.filter(atLastStep(batch)), ...states];
    },
    differentiate: (batch, [output, ...states]) => {
      let sequence = output;
      if (output && !config.return_sequences) {
        const isLast = atLastStep(batch);
        let next = 0;
        sequence = new Float64Array(batch.batch * batch.timesteps * units).map((_, i) =>
          isLast(0, i) ? output[next++] : 0,
        );
      }
      return differentiateSide(side, masked(batch), {
        sequence: sequence && processingOrder(sequence, batch),
        states: states.length > 0 ? states : undefined,
      });
    },
  };
}
