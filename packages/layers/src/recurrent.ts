import {
  type Cell,
  type Plan,
  planFor,
  RECURRENT,
  RECURRENT_GRADIENT,
  type RecurrentAttributes,
  type Sizes,
} from '@sluice/core';
import {
  cast,
  customGrad,
  engine,
  getBackend,
  getKernel,
  type NamedTensorMap,
  notEqual,
  registerGradient,
  type Tensor,
  type Tensor2D,
  type Tensor3D,
  tidy,
  zeros,
  zerosLike,
} from '@tensorflow/tfjs-core';
import { recurrentFallback } from './fallback.js';
import { checkOperands, unitsOf } from './operands.js';

export interface RecurrentOptions {
  /** `[batch, units]` for each state of the cell; zeros when absent. */
  initialStates?: readonly Tensor[] | undefined;
  /** `[batch, timesteps]`, any type; 0 or false marks a padded step, at which every state is carried over. */
  mask?: Tensor | undefined;
  /** The output at a padded step: the one before it (`repeat`, Keras; zeros before the first; default) or zeros. */
  maskedOutput?: 'repeat' | 'zero' | undefined;
  /** Time runs from the last step to the first; every output stays at the position of its input. Default false. */
  reverse?: boolean | undefined;
  /** `[batch, units]` for each block of each recurrent kernel, multiplied into what that block multiplies. */
  recurrentMasks?: readonly Tensor[] | undefined;
}

export type RecurrentResult = {
  /** The outputs `[batch, timesteps, units]`. */
  sequence: Tensor3D;
  /** Each state after the last step, `[batch, units]`. */
  states: Tensor2D[];
};

/** Everything one run needs, checked and complete. */
export interface RecurrentRun {
  plan: Plan;
  x: Tensor;
  parameters: readonly Tensor[];
  initialStates: readonly Tensor[];
  /** float32, `[batch, timesteps]`. */
  mask: Tensor | undefined;
  recurrentMasks: readonly Tensor[];
  maskedOutput: 'repeat' | 'zero';
  reverse: boolean;
}

/**
 * Runs a cell over a batch of sequences: a differentiable TensorFlow.js operation.
 *
 * One kernel forward and one backward where the current backend has Sluice's kernels (import `@sluice/backend-cpu`, …);
 * on any other backend TensorFlow.js operations, one step at a time, with the same result.
 *
 * @param x float32 `[batch, timesteps, inputSize]`.
 * @param parameters float32, in the cell's order with the cell's shapes: those of `cell.parameters({ inputSize, units })`.
 *   The number of units follows from them.
 * @throws TypeError, RangeError naming the tensor that does not fit, what it is and what was expected.
 */
export function recurrent(
  cell: Cell,
  x: Tensor3D,
  parameters: readonly Tensor[],
  options: RecurrentOptions = {},
): RecurrentResult {
  const sizes: Sizes = { inputSize: x.shape[2], units: unitsOf(cell, x, parameters) };
  const plan = planFor(cell, sizes, { recurrentDropout: options.recurrentMasks !== undefined });
  checkOperands(plan, x, options);
  return tidy(() => {
    const { initialStates, mask, recurrentMasks = [], maskedOutput = 'repeat', reverse = false } = options;
    const run: RecurrentRun = {
      plan,
      x,
      parameters,
      initialStates: initialStates ?? plan.states.map(() => zeros([x.shape[0], sizes.units])),
      mask: mask && withoutGradient(() => cast(notEqual(mask, zerosLike(mask)), 'float32')),
      recurrentMasks,
      maskedOutput,
      reverse,
    };
    return hasKernels(getBackend()) ? runKernel(run) : recurrentFallback(run);
  });
}

/** Whether Sluice's kernels are registered for a TensorFlow.js backend. */
export function hasKernels(backend: string): boolean {
  return getKernel(RECURRENT, backend) != null && getKernel(RECURRENT_GRADIENT, backend) != null;
}

/**
 * A tensor that gradients do not flow into. Its operations leave no trace on the tape, so a mask may come from
 * comparisons, which have no gradient, even of trained values.
 */
function withoutGradient(compute: () => Tensor): Tensor {
  return customGrad(() => ({ value: compute(), gradFunc: () => [] as unknown as Tensor }))();
}

function runKernel(run: RecurrentRun): RecurrentResult {
  const { plan, reverse, maskedOutput } = run;
  const attributes = { plan, reverse, maskedOutput, keep: engine().isTapeOn() };
  const outputs = engine().runKernel<Tensor[]>(
    RECURRENT,
    savedInputs(namedInputs(run)),
    asAttributes(attributes),
  );
  const [sequence, ...rest] = outputs;
  return { sequence: sequence as Tensor3D, states: rest.slice(0, plan.states.length) as Tensor2D[] };
}

type KernelAttributes = Parameters<ReturnType<typeof engine>['runKernel']>[2];

const asAttributes = (attributes: RecurrentAttributes) => attributes as unknown as KernelAttributes;

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
    ...Object.fromEntries(numbered('state', initialStates)),
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

/** The outputs that the gradient saves: all. A fixed list for every cell; none has this many states. */
const ALL_OUTPUTS: boolean[] = new Array(64).fill(true);

registerGradient({
  kernelName: RECURRENT,
  saveAllInputs: true,
  outputsToSave: ALL_OUTPUTS,
  gradFunc: (cotangents, tensors, attributes) => {
    const { plan, reverse, maskedOutput } = attributes as unknown as RecurrentAttributes;
    const remaining = [...tensors];
    const take = (count: number) => remaining.splice(0, count);
    const states = plan.states.length;
    const outputs = remaining.splice(remaining.length - (states + 2));
    const [x] = take(1);
    const parameters = take(plan.parameters.length);
    const initialStates = take(states);
    const [mask] = take(remaining.length - plan.recurrentMasks.length);
    const recurrentMasks = take(plan.recurrentMasks.length);
    const run = { plan, x, parameters, initialStates, mask, recurrentMasks, maskedOutput, reverse };
    return gradients(run, outputs, cotangents as Tensor[]);
  },
});

/** The gradient kernel runs once, here; the functions that TensorFlow.js then calls hand out its results. */
function gradients(run: RecurrentRun, outputs: Tensor[], cotangents: Tensor[]): Record<string, () => Tensor> {
  const { plan, reverse, maskedOutput } = run;
  const forwardInputs = namedInputs(run);
  const inputs: NamedTensorMap = {
    ...forwardInputs,
    sequence: outputs[0],
    saved: outputs[outputs.length - 1],
    dSequence: cotangents[0],
    ...Object.fromEntries(plan.states.map((_, i) => [`dState${i}`, cotangents[1 + i]])),
  };
  const attributes = asAttributes({ plan, reverse, maskedOutput, keep: true });
  const results = engine().runKernel<Tensor[]>(RECURRENT_GRADIENT, inputs, attributes);
  const differentiable = results.length;
  // The kernel's results come in the order of the forward inputs; masks, the rest of them, have no gradient.
  return Object.fromEntries(
    Object.entries(forwardInputs).map(([name, input], i) => [
      name,
      () => (i < differentiable ? results[i] : zerosLike(input)),
    ]),
  );
}
