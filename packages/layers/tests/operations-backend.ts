import type { Plan } from '@sluice/core';
import {
  type Backend,
  checkCotangents,
  checkInputs,
  checkResult,
  type OwnedBuffer,
  type SequenceCotangents,
  type SequenceInputs,
  withOwnedBuffers,
} from '@sluice/core/backend';
import {
  add,
  engine,
  mul,
  type Scalar,
  setBackend,
  sum,
  type Tensor,
  type Tensor2D,
  type Tensor3D,
  tensor,
  tidy,
  zerosLike,
} from '@tensorflow/tfjs-core';
import { runPlan } from '../src/operation/recurrent.js';
import './backends.js';

type Inputs = SequenceInputs<Float32Array>;

/**
 * The operations of TensorFlow.js, which run cells on backends without kernels, as a backend of Sluice: so the conformance suite
 * tests them. Gradients are TensorFlow.js's own.
 */
export async function createOperationsBackend(): Promise<Backend<OwnedBuffer<Float32Array>>> {
  await setBackend('plain');
  return withOwnedBuffers<Float32Array>({
    name: 'operations',
    upload: (values) => values.slice(),
    download: async (values) => values.slice(),
    release: () => {},
    // Nothing is kept: the gradient runs the forward pass again.
    savedLength: () => 1,
    forward: (plan, inputs, keep) => {
      checkInputs(plan, inputs);
      const { sequence, states } = run(plan, inputs, (x, parameters, initialStates) => {
        const result = runPlan(plan, x, parameters, { ...optionsOf(plan, inputs), initialStates });
        return [result.sequence, ...result.states];
      });
      return { sequence, states, ...(keep && { saved: new Float32Array(1) }) };
    },
    gradient: (plan, inputs, result, cotangents) => {
      checkInputs(plan, inputs);
      checkCotangents(plan, inputs, cotangents);
      checkResult(plan, inputs, result, 1);
      const all = run(plan, inputs, (x, parameters, initialStates) => {
        const given = [x, ...parameters, ...initialStates];
        // With `true`, inputs that do not matter have none; `grads` would throw.
        const { grads } = engine().gradients(
          () => lossOf(plan, inputs, cotangents, given),
          given,
          undefined,
          true,
        );
        return grads.map((gradient, i) => gradient ?? zerosLike(given[i]));
      });
      const gradients = all.states;
      return {
        x: all.sequence,
        parameters: gradients.slice(0, plan.parameters.length),
        initialStates: gradients.slice(plan.parameters.length),
      };
    },
  });
}

/** Runs a function of x, parameters and initial states as tensors; returns its first result and the others as numbers. */
function run(
  plan: Plan,
  inputs: Inputs,
  compute: (x: Tensor3D, parameters: Tensor[], initialStates: Tensor2D[]) => Tensor[],
): { sequence: Float32Array; states: Float32Array[] } {
  const { batch, x, parameters, initialStates } = inputs;
  const [sequence, ...states] = tidy(() =>
    compute(
      tensor(x, sequenceShape(inputs, plan.inputSize)) as Tensor3D,
      plan.parameters.map(({ shape }, i) => tensor(parameters[i], [...shape])),
      plan.stateWidths.map((width, i) => rows(initialStates?.[i], batch, width)),
    ).map((result) => Float32Array.from(result.dataSync())),
  );
  return { sequence, states };
}

const sequenceShape = ({ batch, timesteps, timeMajor }: Inputs, width: number): [number, number, number] =>
  timeMajor ? [timesteps, batch, width] : [batch, timesteps, width];

const rows = (values: Float32Array | undefined, batch: number, width: number): Tensor2D =>
  tensor(values ?? new Float32Array(batch * width), [batch, width]) as Tensor2D;

function optionsOf(
  plan: Plan,
  { batch, timesteps, mask, lengths, maskedOutput, reverse, timeMajor, recurrentMasks = [] }: Inputs,
) {
  return {
    mask: mask && (tensor(mask, [batch, timesteps]) as Tensor2D),
    lengths: lengths && Array.from(lengths),
    ...{ maskedOutput, reverse, timeMajor },
    recurrentMasks: plan.recurrentMasks.map(({ width }, i) => rows(recurrentMasks[i], batch, width)),
  };
}

/** Σ cotangent ⊙ result, whose gradient is that of the cotangents. */
function lossOf(
  plan: Plan,
  inputs: Inputs,
  { sequence, states = [] }: SequenceCotangents<Float32Array>,
  [x, ...given]: Tensor[],
): Scalar {
  const count = plan.parameters.length;
  const initialStates = given.slice(count) as Tensor2D[];
  const options = { ...optionsOf(plan, inputs), initialStates };
  const result = runPlan(plan, x as Tensor3D, given.slice(0, count), options);
  const dot = (values: Float32Array | undefined, tensorOf: Tensor): Tensor =>
    sum(mul(tensorOf, tensor(values ?? new Float32Array(tensorOf.size), tensorOf.shape)));
  return plan.stateWidths.reduce(
    (total: Tensor, _, i) => add(total, dot(states[i], result.states[i])),
    dot(sequence, result.sequence),
  ) as Scalar;
}
