/** A plan as one differentiable TensorFlow.js operation: a forward and a gradient kernel of the current backend. */
import { RECURRENT, RECURRENT_GRADIENT, type RecurrentAttributes } from '@sluice/tfjs';
import {
  engine,
  type NamedTensorMap,
  registerGradient,
  type Tensor,
  type Tensor2D,
  type Tensor3D,
  zerosLike,
} from '@tensorflow/tfjs-core';
import type { RecurrentResult, RecurrentRun } from './operands.js';

/** Runs the plan with the current backend's kernel. */
export function runDeviceKernel(run: RecurrentRun): RecurrentResult {
  const { plan } = run;
  const outputs = engine().runKernel<Tensor[]>(
    RECURRENT,
    toSavedInputs(nameInputs(run)),
    toAttributes(run, engine().isTapeOn()),
  );
  const [sequence, ...rest] = outputs;
  return { sequence: sequence as Tensor3D, states: rest.slice(0, plan.states.length) as Tensor2D[] };
}

type KernelAttributes = Parameters<ReturnType<typeof engine>['runKernel']>[2];

/** @param keep whether the forward kernel keeps the saved values for the gradient. */
function toAttributes(run: RecurrentRun, keep: boolean): KernelAttributes {
  const { plan, reverse, maskedOutput, timeMajor, initialStates } = run;
  const attributes: RecurrentAttributes = {
    plan,
    reverse,
    maskedOutput,
    timeMajor,
    keep,
    startsFromZeros: initialStates === undefined,
  };
  return attributes as unknown as KernelAttributes;
}

function nameInputs({ x, parameters, initialStates, mask, recurrentMasks }: RecurrentRun): NamedTensorMap {
  const number = (name: string, tensors: readonly Tensor[]) =>
    Object.fromEntries(tensors.map((tensor, i) => [`${name}${i}`, tensor]));
  return {
    x,
    ...number('parameter', parameters),
    ...number('state', initialStates ?? []),
    ...(mask && { mask }),
    ...number('recurrentMask', recurrentMasks),
  };
}

/**
 * `saveAllInputs`, the only way to save a varying number of inputs for the gradient, accepts only an array. So the named
 * inputs become properties of an empty array: kernels read them by name, and TensorFlow.js finds them with `Object.keys`.
 */
const toSavedInputs = (inputs: NamedTensorMap): NamedTensorMap =>
  Object.assign([], inputs) as unknown as NamedTensorMap;

/** Saves every output for the gradient. TensorFlow.js takes one list for all cells, which have different numbers of outputs. */
const ALL_OUTPUTS = new Proxy<boolean[]>([], { get: () => true });

registerGradient({
  kernelName: RECURRENT,
  saveAllInputs: true,
  outputsToSave: ALL_OUTPUTS,
  gradFunc: (cotangents, tensors, attributes) => {
    const { plan, reverse, maskedOutput, timeMajor, startsFromZeros } =
      attributes as unknown as RecurrentAttributes;
    const remaining = [...tensors];
    const take = (count: number) => remaining.splice(0, count);
    const states = plan.states.length;
    const outputs = remaining.splice(remaining.length - (states + 2));
    const [x] = take(1);
    const parameters = take(plan.parameters.length);
    const initialStates = startsFromZeros ? undefined : take(states);
    const [mask] = take(remaining.length - plan.recurrentMasks.length);
    const recurrentMasks = take(plan.recurrentMasks.length);
    const run = {
      plan,
      x,
      parameters,
      initialStates,
      mask,
      recurrentMasks,
      maskedOutput,
      reverse,
      timeMajor,
    };
    return runGradientKernel(run, outputs, cotangents as Tensor[]);
  },
});

registerGradient({
  kernelName: RECURRENT_GRADIENT,
  gradFunc: () => {
    throw new Error(
      "Second-order gradients are not supported by Sluice's kernels; use differences of first-order gradients instead.",
    );
  },
});

/** Runs the gradient kernel once; TensorFlow.js then calls one function per input to get its gradient. */
function runGradientKernel(
  run: RecurrentRun,
  outputs: Tensor[],
  cotangents: Tensor[],
): Record<string, () => Tensor> {
  const { plan } = run;
  const forwardInputs = nameInputs(run);
  const inputs: NamedTensorMap = {
    ...forwardInputs,
    sequence: outputs[0],
    saved: outputs[outputs.length - 1],
    dSequence: cotangents[0],
    ...Object.fromEntries(plan.states.map((_, i) => [`dState${i}`, cotangents[1 + i]])),
  };
  const results = engine().runKernel<Tensor[]>(RECURRENT_GRADIENT, inputs, toAttributes(run, true));
  const differentiable = results.length;
  // The results are in the order of the forward inputs. The inputs after them are masks, which have no gradient.
  return Object.fromEntries(
    Object.entries(forwardInputs).map(([name, input], i) => [
      name,
      () => (i < differentiable ? results[i] : zerosLike(input)),
    ]),
  );
}
