import { isInputProjection } from '../../graph/products.js';
import type { LoopOptions } from '../../loop/build.js';
import type { Loop } from '../../loop/loop.js';
import type { Plan } from '../../plan/plan.js';
import { type Arguments, forwardArguments, maskedBy, Results } from '../arguments.js';
import { checkInputs } from '../check.js';
import type { SequenceInputs, SequenceResult } from '../interface.js';
import { emptyResult, withMaskOfLengths } from '../sequences.js';
import { CallMemory } from './call-memory.js';
import { type CompiledLoop, loopCompiler } from './compiled-loops.js';
import type { AnyKernels } from './matrices.js';
import { runLoop } from './run-loop.js';
import type { RunWeightProducts } from './weight-products.js';

/** Runs the passes of plans with a device's kernels. */
export class Passes<Memory extends { readonly length: number }> {
  private readonly memory: CallMemory<Memory, unknown, unknown>;
  private readonly compiled: (loop: Loop) => CompiledLoop;

  constructor(private readonly kernels: AnyKernels<Memory>) {
    this.memory = new CallMemory(kernels);
    this.compiled = loopCompiler(kernels as AnyKernels<never>);
  }

  readonly upload = (values: Float32Array): Memory => {
    const buffer = this.kernels.allocate(values.length);
    this.kernels.view(buffer).set(values);
    return buffer;
  };
  readonly download = async (buffer: Memory): Promise<Float32Array> => this.kernels.view(buffer).slice();
  readonly release = (buffer: Memory): void => this.kernels.release(buffer);

  /**
   * Runs a plan forward.
   * @param loopFor makes the loop of the pass.
   * @param savedLength how many numbers the loop saves for the gradient, if it does.
   */
  forward(
    plan: Plan,
    inputs: SequenceInputs<Memory>,
    loopFor: (plan: Plan, options: LoopOptions) => Loop,
    savedLength?: (plan: Plan, batch: number, timesteps: number) => number,
  ): SequenceResult<Memory> {
    checkInputs(plan, inputs);
    const { batch, timesteps } = inputs;
    if (batch === 0) return emptyResult(this.upload, plan, savedLength !== undefined);
    return this.call(inputs, (given) => {
      const saved = savedLength && this.memory.kernels.allocate(savedLength(plan, batch, timesteps));
      const loop = loopFor(plan, optionsFor(plan, given, 'forward'));
      return this.run(loop, given, forwardArguments(given), saved).forward(saved);
    });
  }

  /** Calls `run`, with a mask instead of lengths. If it throws, all that it took of the device is given back. */
  call<Result>(inputs: SequenceInputs<Memory>, run: (inputs: SequenceInputs<Memory>) => Result): Result {
    return withMaskOfLengths(this, inputs, (given) => this.memory.run(() => run(given)));
  }

  /** Runs a loop. */
  run(
    loop: Loop,
    inputs: SequenceInputs<Memory>,
    given: Arguments<Memory>,
    saved: Memory | undefined,
    runWeightProducts?: RunWeightProducts,
  ): Results<Memory> {
    const results = new Results<Memory>();
    const buffers = { given, result: results.take, saved };
    runLoop(this.memory.kernels, loop, this.compiled(loop), inputs, buffers, runWeightProducts);
    return results;
  }
}

/** From this batch size on, products of one step are as fast as those of many, and what they read is still in a cache. */
const ROWS_OF_STEPS = 16;

/** Whether a step is one program: nothing but input projections and operations on single numbers. */
const isOneProgram = ({ products, nodes }: Plan): boolean =>
  products.every(isInputProjection) &&
  nodes.every(({ kind }) => kind !== 'rowOperation' && kind !== 'concat');

/**
 * How the loop of a call runs.
 *
 * A loop whose step is one program goes by rows if the rows of x do: every row streams through memory, and nothing is copied.
 */
export function optionsFor<Memory>(
  plan: Plan,
  inputs: SequenceInputs<Memory>,
  direction: 'forward' | 'backward',
): LoopOptions {
  const { batch, timesteps, timeMajor, reverse } = inputs;
  const masked = maskedBy(inputs);
  const isForward = direction === 'forward';
  if (timesteps > 1 && !timeMajor && isOneProgram(plan)) {
    return { masked, x: isForward ? 'sequence' : 'steps', byRows: reverse ? -1 : 1 };
  }
  const inSteps = batch >= ROWS_OF_STEPS && timesteps > 1;
  const isInOrder = timesteps === 1 || (!reverse && (timeMajor === true || batch === 1));
  const x = isInOrder ? 'steps' : 'copied';
  return { masked, x: inSteps && isForward ? 'sequence' : x, inSteps };
}
