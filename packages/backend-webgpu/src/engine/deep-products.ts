import type { Plan } from '@sluice/core';
import { type SequenceGradient, type SequenceInputs, sequenceLayout } from '@sluice/core/backend';
import type { Chunk } from './chunks.js';
import type { GpuFloats } from './gpu-floats.js';
import { apart, type GpuMatrix, inChunk, type Mask, multiply, type Stride } from './kernels/multiply.js';
import type { Run } from './run.js';
import type { savedLayout } from './saved-layout.js';
import type { Workspace } from './workspace.js';

/** What the loop of the gradient leaves for the products behind it. */
export interface LoopResults {
  readonly work: GPUBuffer;
  readonly workspace: Workspace;
  readonly saved: GPUBuffer;
  readonly layout: ReturnType<typeof savedLayout>;
}

/**
 * Records the part of a chunk of time steps in the gradients of the matrices, `operandᵀ × cotangent` summed over the
 * sequence, and what products of `x` add to its gradient, `cotangent × matrixᵀ`.
 *
 * @param isFirst whether this is the first chunk; gradients of parameters are added to in any case.
 */
export function deepProducts(
  run: Run,
  plan: Plan,
  inputs: SequenceInputs<GpuFloats>,
  { work, workspace, saved, layout }: LoopResults,
  chunk: Chunk,
  isFirst: boolean,
  gradients: SequenceGradient<GpuFloats>,
): void {
  const { units, inputSize } = plan;
  const { start, positions } = chunk;
  const { batch, timesteps, x, reverse = false } = inputs;
  const cellsOf = sequenceLayout(inputs);
  const firstCell = start * cellsOf.step;
  const cells = batch * positions;
  const inSequence = (length: number) => inChunk(cellsOf, chunk, length);
  const inMask: Stride = { period: positions, outer: timesteps, inner: 1 };
  const masked = (of: Mask['of']): Mask | undefined =>
    inputs.mask && { buffer: inputs.mask.buffer, offset: start, stride: inMask, of };

  let addToX = plan.gradient.input !== null;
  plan.products.forEach(({ operand, parameter, firstBlock, results }, index) => {
    const [depth, stride] = plan.parameters[parameter].shape;
    const columns = results.length * units;
    const { buffer, firstBlock: cotangentBlock } = plan.gradient.places[index];
    const cotangent: GpuMatrix = {
      buffer: work,
      offset: workspace.places[`productCotangent${buffer}`] + cotangentBlock * units,
      rows: apart(plan.gradient.buffers[buffer].length * units),
      columns: apart(1),
    };
    multiply(run, {
      left: operandTurned(),
      right: cotangent,
      result: {
        buffer: gradients.parameters[parameter].buffer,
        offset: firstBlock * units,
        rows: apart(stride),
      },
      rows: depth,
      depth: cells,
      columns,
      accumulate: true,
      mask: masked('depth'),
    });
    if (operand.kind !== 'input') return;
    multiply(run, {
      left: cotangent,
      right: {
        buffer: inputs.parameters[parameter].buffer,
        offset: firstBlock * units,
        rows: apart(1),
        columns: apart(stride),
      },
      result: {
        buffer: gradients.x.buffer,
        offset: firstCell * inputSize,
        rows: inSequence(inputSize),
      },
      rows: cells,
      depth: columns,
      columns: inputSize,
      accumulate: addToX,
      mask: masked('rows'),
    });
    addToX = true;

    function operandTurned(): GpuMatrix {
      const rows = apart(1);
      if (operand.kind === 'input') {
        return { buffer: x.buffer, offset: firstCell * inputSize, rows, columns: inSequence(inputSize) };
      }
      if (operand.kind === 'value') {
        const offset = layout.places[`value${operand.index}`] + firstCell * units;
        return { buffer: saved, offset, rows, columns: inSequence(units) };
      }
      const before = start + Number(reverse);
      return {
        buffer: saved,
        offset: layout.places[`state${operand.state}`] + before * batch * units,
        rows,
        columns: { period: positions, outer: units, inner: batch * units },
      };
    }
  });
  if (!addToX && isFirst) run.recorder.clear(gradients.x.buffer, 0, gradients.x.length);
}
