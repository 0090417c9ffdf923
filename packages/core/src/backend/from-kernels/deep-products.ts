import type { Plan } from '../../plan/plan.js';
import type { SequenceGradient, SequenceInputs } from '../interface.js';
import type { Matrix } from '../kernels.js';
import type { Group } from './groups.js';
import { type AnyKernels, dense, productSize, transpose, weights } from './matrices.js';
import { withoutPaddedSteps } from './padding.js';
import { previousStates } from './previous-states.js';
import type { SavedLayout } from './saved-layout.js';
import { Temporaries } from './temporaries.js';

/** What the time loop of the gradient leaves for the products behind it. */
export interface LoopResults<Memory> {
  readonly saved: Memory;
  readonly layout: SavedLayout;
  readonly initial: readonly Memory[];
  /** The cotangents of the products' results, one buffer for each of the plan's. */
  readonly productCotangents: readonly Memory[];
}

/** Memory for a gradient; zeros where it is added to, not written. */
export function emptyGradients<Memory>(
  kernels: AnyKernels<Memory>,
  plan: Plan,
  { batch, timesteps, mask }: SequenceInputs<Memory>,
): SequenceGradient<Memory> {
  const written = writers(plan);
  const xIsWritten = mask === undefined && written.x !== 'nobody';
  return {
    x: (xIsWritten ? kernels.allocate : kernels.zeros)(batch * timesteps * plan.inputSize),
    parameters: plan.parameters.map(({ shape }, parameter) =>
      (written.parameters[parameter] ? kernels.allocate : kernels.zeros)(
        shape.reduce((product, size) => product * size, 1),
      ),
    ),
    initialStates: plan.states.map(() => kernels.allocate(batch * plan.units)),
  };
}

/**
 * The gradients of the matrices, `operandᵀ × cotangent` summed over the sequence, and what products of `x` add to its
 * gradient, `cotangent × matrixᵀ`: the part of a group of batch rows, which the buffers of cotangents hold.
 */
export function deepProducts<Memory>(
  kernels: AnyKernels<Memory>,
  plan: Plan,
  inputs: SequenceInputs<Memory>,
  { saved, layout, initial, productCotangents }: LoopResults<Memory>,
  { first, count }: Group,
  gradients: SequenceGradient<Memory>,
): void {
  const { units, inputSize } = plan;
  const { buffers, places } = plan.gradient;
  const cells = count * inputs.timesteps;
  const inputStart = first * inputs.timesteps * inputSize;
  const temporaries = new Temporaries(kernels);
  const usedInput = withoutPaddedSteps(kernels, plan, inputs, temporaries.allocate);
  const previous = new Map<number, Memory>();
  const { x, parameters } = writers(plan);
  let addToX = x === 'program';
  plan.products.forEach(({ operand, parameter }, index) => {
    const { depth, columns } = productSize(plan, index);
    const { buffer, firstBlock } = places[index];
    const width = buffers[buffer].length * units;
    const cotangent = dense(productCotangents[buffer], width, firstBlock * units);
    let left: Matrix<Memory>;
    if (operand.kind === 'input') left = dense(usedInput, inputSize, inputStart);
    else if (operand.kind === 'value') left = dense(saved, units, layout.value(operand.index));
    else {
      const { state } = operand;
      const memory = previous.get(state) ?? temporaries.allocate(cells * units);
      if (!previous.has(state))
        previousStates(kernels, plan, inputs, saved, layout, state, initial[state], memory);
      previous.set(state, memory);
      left = dense(memory, units);
    }
    const deep = kernels.prepare(cotangent, depth, cells, columns);
    const gradient = weights(plan, gradients.parameters, index);
    kernels.multiply(transpose(left), deep, gradient, depth, first > 0 || !parameters[parameter]);
    kernels.releaseRight(deep);
    if (operand.kind !== 'input') return;
    const matrix = transpose(weights(plan, inputs.parameters, index));
    const back = kernels.prepareWeights(matrix, cells, columns, depth);
    kernels.multiply(cotangent, back, dense(gradients.x, inputSize, inputStart), cells, addToX);
    kernels.releaseRight(back);
    addToX = true;
  });
  temporaries.release();
}

/**
 * Who writes a gradient first: of `x`, the programs of the time loop, a product behind it, or nobody; of each parameter,
 * whether products write every block of it once, so that nothing has to be added to zeros.
 */
function writers({ parameters, products, gradient }: Plan) {
  const x =
    gradient.input !== null
      ? 'program'
      : products.some(({ operand }) => operand.kind === 'input')
        ? 'product'
        : 'nobody';
  return {
    x,
    parameters: parameters.map(({ blocks }, parameter) => {
      const written = products.filter((product) => product.parameter === parameter);
      const block = written.flatMap(({ firstBlock, results }) => results.map((_, i) => firstBlock + i));
      return block.length === blocks.length && new Set(block).size === blocks.length;
    }),
  } as const;
}
