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
import { warnOfMissingKernels } from '../backends/registered-kernels.js';
import { checkOptions } from '../check-options.js';
import { hasKernels, runKernel } from './device-kernel.js';
import { recurrentFallback } from './fallback.js';
import { unitsFrom } from './infer-units.js';
import { batchAndSteps, checkOperands, checkSequence } from './operands.js';
import {
  RECURRENT_OPTIONS,
  type RecurrentOptions,
  type RecurrentResult,
  type RecurrentRun,
  type RunOptions,
} from './recurrent-run.js';

/**
 * Runs a cell over a batch of sequences: a differentiable TensorFlow.js operation.
 *
 * One kernel forward and one backward where the current backend has Sluice's kernels (import `@sluice/backend-cpu`, …);
 * on any other backend TensorFlow.js operations, one step at a time, with the same result.
 *
 * @param x float32 `[batch, timesteps, inputSize]`, or `[timesteps, batch, inputSize]` with `timeMajor`; a batch may be empty, a sequence has at least one step.
 * @param parameters float32, in the cell's order with the cell's shapes: those of `cell.parameters({ inputSize, units })`.
 *   The number of units follows from them, unless `options.units` gives it.
 * @throws TypeError, RangeError naming the tensor that does not fit, what it is and what was expected; RangeError when
 *   the parameters fit several numbers of units and `options.units` does not say which, or an option is unknown.
 */
export function recurrent(
  cell: Cell,
  x: Tensor3D,
  parameters: readonly Tensor[],
  options: RecurrentOptions = {},
): RecurrentResult {
  checkOptions('recurrent', options, RECURRENT_OPTIONS, 'recurrent(cell, x, parameters, { mask })');
  checkSequence(cell.name, x, options.timeMajor);
  const sizes = { inputSize: x.shape[2], units: options.units ?? unitsFrom(cell, x, parameters) };
  const plan = planFor(cell, sizes, { recurrentDropout: options.recurrentMasks !== undefined });
  return runPlan(plan, x, parameters, options);
}

/**
 * Runs a cell's plan, which knows all sizes, as `recurrent` does.
 * @throws TypeError, RangeError naming the tensor that does not fit, what it is and what was expected.
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
      mask: maskFrom(options, batch, timesteps),
      recurrentMasks,
      maskedOutput,
      reverse,
      timeMajor,
    };
    if (batch === 0) return emptyResult(run);
    const backend = getBackend();
    if (hasKernels(backend)) return runKernel(run);
    warnOfMissingKernels(backend);
    return recurrentFallback(run);
  });
}

/** The mask as float32, of any type or of lengths. */
function maskFrom({ mask, lengths }: RunOptions, batch: number, timesteps: number): Tensor | undefined {
  if (lengths) return tensor2d(maskOfLengths(lengths, timesteps), [batch, timesteps]);
  return mask && withoutGradient(() => cast(notEqual(mask, zerosLike(mask)), 'float32'));
}

/** The result for an empty batch: empty tensors, with zeros as gradients. */
function emptyResult({ plan, x, parameters, initialStates = [] }: RecurrentRun): RecurrentResult {
  const inputs = [x, ...parameters, ...initialStates];
  const empty = (...shape: number[]) =>
    customGrad(() => ({
      value: zeros(shape),
      // The inputs may be disposed of by then.
      gradFunc: () => inputs.map((input) => zeros(input.shape)) as unknown as Tensor,
    }))(...inputs);
  return {
    sequence: empty(x.shape[0] as number, x.shape[1] as number, plan.units) as Tensor3D,
    states: plan.states.map(() => empty(0, plan.units) as Tensor2D),
  };
}

/**
 * A tensor that gradients do not flow into. Its operations leave no trace on the tape, so a mask may come from
 * comparisons, which have no gradient, even of trained values.
 */
function withoutGradient(compute: () => Tensor): Tensor {
  return customGrad(() => ({ value: compute(), gradFunc: () => [] as unknown as Tensor }))();
}
