/** A plan by Sluice's kernels, one forward and one backward, as one differentiable TensorFlow.js operation. */
import { RECURRENT, RECURRENT_GRADIENT, type RecurrentAttributes } from '@sluice/tfjs';
import {
  engine,
  getKernel,
  type NamedTensorMap,
  registerGradient,
  type Tensor,
  type Tensor2D,
  type Tensor3D,
  zerosLike,
} from '@tensorflow/tfjs-core';
import type { RecurrentResult, RecurrentRun } from './recurrent-run.js';

/** Whether Sluice's kernels are registered for a TensorFlow.js backend. */
export function hasKernels(backend: string): boolean {
  return getKernel(RECURRENT, backend) != null && getKernel(RECURRENT_GRADIENT, backend) != null;
}

/** Runs the plan by the current backend's kernel. */
export function runKernel(run: RecurrentRun): RecurrentResult {
  const { plan } = run;
  const outputs = engine().runKernel<Tensor[]>(
    RECURRENT,
    savedInputs(namedInputs(run)),
    attributesOf(run, engine().isTapeOn()),
  );
  const [sequence, ...rest] = outputs;
  return { sequence: sequence as Tensor3D, states: rest.slice(0, plan.states.length) as Tensor2D[] };
}

type KernelAttributes = Parameters<ReturnType<typeof engine>['runKernel']>[2];

const attributesOf = (run: RecurrentRun, keep: boolean): KernelAttributes => {
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
};

function namedInputs({
  x,
  parameters,
  initialStates,
  mask,
  recurrentMasks,
}: Omit<RecurrentRun, 'plan'>): NamedTensorMap {
  const numbered = (name: string, tensors: readonly Tensor[]) =>
    tensors.map((tensor, i) => [`${name}${i}`, tensor]);
  return {
    x,
    ...Object.fromEntries(numbered('parameter', parameters)),
    ...Object.fromEntries(numbered('state', initialStates ?? [])),
    ...(mask && { mask }),
    ...Object.fromEntries(numbered('recurrentMask', recurrentMasks)),
  };
}

/**
 * `saveAllInputs`, the only way to save a varying number of inputs for the gradient, insists on an array. So the named
 * inputs are hung on an empty one: kernels find them by name, and TensorFlow.js walks over them as `Object.keys` does.
 */
const savedInputs = (inputs: NamedTensorMap): NamedTensorMap =>
  Object.assign([], inputs) as unknown as NamedTensorMap;

/** The outputs that the gradient saves: all, as many as a cell has. TensorFlow.js takes one list for every cell. */
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
    return gradients(run, outputs, cotangents as Tensor[]);
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

/** The gradient kernel runs once, here; the functions that TensorFlow.js then calls hand out its results. */
function gradients(run: RecurrentRun, outputs: Tensor[], cotangents: Tensor[]): Record<string, () => Tensor> {
  const { plan } = run;
  const forwardInputs = namedInputs(run);
  const inputs: NamedTensorMap = {
    ...forwardInputs,
    sequence: outputs[0],
    saved: outputs[outputs.length - 1],
    dSequence: cotangents[0],
    ...Object.fromEntries(plan.states.map((_, i) => [`dState${i}`, cotangents[1 + i]])),
  };
  const results = engine().runKernel<Tensor[]>(RECURRENT_GRADIENT, inputs, attributesOf(run, true));
  const differentiable = results.length;
  // The kernel's results come in the order of the forward inputs; masks, the rest of them, have no gradient.
  return Object.fromEntries(
    Object.entries(forwardInputs).map(([name, input], i) => [
      name,
      () => (i < differentiable ? results[i] : zerosLike(input)),
    ]),
  );
}
