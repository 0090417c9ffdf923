import { type Cell, type Plan, planFor } from '@sluice/core';
import { maskOfLengths } from '@sluice/core/backend';
import {
  cast,
  customGrad,
  getBackend,
  notEqual,
  type Tensor,
  type Tensor2D,
  type Tensor3D,
  tensor2d,
  tidy,
  zeros,
  zerosLike,
} from '@tensorflow/tfjs-core';
import { hasKernels, warnOfMissingKernels } from '../backends/registered-kernels.js';
import { checkOptions } from '../checks.js';
import { runDeviceKernel } from './device-kernel.js';
import { runFallback } from './fallback.js';
import { inferUnits } from './infer-units.js';
import {
  batchAndSteps,
  checkOperands,
  checkSequence,
  RECURRENT_OPTIONS,
  type RecurrentOptions,
  type RecurrentResult,
  type RecurrentRun,
  type RunOptions,
} from './operands.js';

/**
 * Runs a cell over a batch of sequences: a differentiable TensorFlow.js operation.
 *
 * If the current backend has Sluice's kernels (import `@sluice/backend-cpu`, …), it runs one kernel forward and one
 * backward; on any other backend TensorFlow.js operations, one step at a time, with the same result.
 *
 * @param x float32 `[batch, timesteps, inputSize]`, or `[timesteps, batch, inputSize]` with `timeMajor`. A batch may be
 *   empty; a sequence has at least one step.
 * @param parameters float32, in the order and with the shapes of `cell.parameters({ inputSize, units })`. The number of
 *   units is inferred from them, unless `options.units` gives it.
 * @throws TypeError, RangeError naming the tensor that does not fit, its shape or type and the expected one; RangeError when
 *   the parameters fit several numbers of units and `options.units` is not set, or an option is unknown.
 */
export function recurrent(
  cell: Cell,
  x: Tensor3D,
  parameters: readonly Tensor[],
  options: RecurrentOptions = {},
): RecurrentResult {
  checkOptions('recurrent', options, RECURRENT_OPTIONS, 'recurrent(cell, x, parameters, { mask })');
  checkSequence(cell.name, x, options.timeMajor);
  const sizes = { inputSize: x.shape[2], units: options.units ?? inferUnits(cell, x, parameters) };
  const plan = planFor(cell, sizes, { recurrentDropout: options.recurrentMasks !== undefined });
  return runPlan(plan, x, parameters, options);
}

/**
 * Runs a cell's plan, as `recurrent` does. The plan knows all sizes.
 * @throws TypeError, RangeError naming the tensor that does not fit, its shape or type and the expected one.
 */
export function runPlan(
  plan: Plan,
  x: Tensor3D,
  parameters: readonly Tensor[],
  options: RunOptions,
): RecurrentResult {
  checkOperands(plan, x, parameters, options);
  return tidy(() => {
    const {
      initialStates,
      recurrentMasks = [],
      maskedOutput = 'repeat',
      reverse = false,
      timeMajor = false,
    } = options;
    const [batch, timesteps] = batchAndSteps(x, timeMajor);
    const run: RecurrentRun = {
      plan,
      x,
      parameters,
      initialStates,
      mask: createMask(options, batch, timesteps),
      recurrentMasks,
      maskedOutput,
      reverse,
      timeMajor,
    };
    if (batch === 0) return createEmptyResult(run);
    const backend = getBackend();
    if (hasKernels(backend)) return runDeviceKernel(run);
    warnOfMissingKernels(backend);
    return runFallback(run);
  });
}

/** The mask as float32, from a mask of any type or from lengths. */
function createMask({ mask, lengths }: RunOptions, batch: number, timesteps: number): Tensor | undefined {
  if (lengths) return tensor2d(maskOfLengths(lengths, timesteps), [batch, timesteps]);
  return mask && withoutGradient(() => cast(notEqual(mask, zerosLike(mask)), 'float32'));
}

/** The result for an empty batch: empty tensors, whose gradients are zeros. */
function createEmptyResult({ plan, x, parameters, initialStates = [] }: RecurrentRun): RecurrentResult {
  const inputs = [x, ...parameters, ...initialStates];
  const createEmpty = (...shape: number[]) =>
    customGrad(() => ({
      value: zeros(shape),
      // Only the shapes: the inputs may be disposed by then.
      gradFunc: () => inputs.map((input) => zeros(input.shape)) as unknown as Tensor,
    }))(...inputs);
  return {
    sequence: createEmpty(x.shape[0] as number, x.shape[1] as number, plan.outputWidth) as Tensor3D,
    states: plan.stateWidths.map((width) => createEmpty(0, width) as Tensor2D),
  };
}

/**
 * Computes a tensor without recording its operations for the gradient. So a mask may come from comparisons, which have no
 * gradient, of values that are trained.
 */
function withoutGradient(compute: () => Tensor): Tensor {
  return customGrad(() => ({ value: compute(), gradFunc: () => [] as unknown as Tensor }))();
}
