import type { Plan } from '@sluice/core';
import { type SequenceGradient, type SequenceInputs, sequenceLayout } from '@sluice/core/backend';
import type { Chunk } from './chunks.js';
import {
  evenStride,
  type GpuMatrix,
  type Mask,
  recordProduct,
  type Stride,
  strideInChunk,
} from './kernels/multiply.js';
import type { savedLayout, Workspace } from './layout.js';
import type { GpuFloats } from './memory.js';
import type { Run } from './run.js';

/** Buffers that the gradient's loop has filled, and their layouts. */
export interface LoopResults {
  readonly work: GPUBuffer;
  readonly workspace: Workspace;
  readonly saved: GPUBuffer;
  readonly layout: ReturnType<typeof savedLayout>;
}

/**
 * Records one chunk's contribution to the gradients: `operandᵀ × cotangent` for each matrix, summed over the sequence, and
 * `cotangent × matrixᵀ` for `x`.
 *
 * @param isFirst whether this is the first chunk, which clears the gradient of `x` if no product adds to it.
 */
export function recordDeepProducts(
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
  const inSequence = (length: number) => strideInChunk(cellsOf, chunk, length);
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
      rows: evenStride(plan.gradient.buffers[buffer].length * units),
      columns: evenStride(1),
    };
    recordProduct(run, {
      left: transposedOperand(),
      right: cotangent,
      result: {
        buffer: gradients.parameters[parameter].buffer,
        offset: firstBlock * units,
        rows: evenStride(stride),
      },
      rows: depth,
      depth: cells,
      columns,
      accumulate: true,
      mask: masked('depth'),
    });
    if (operand.kind !== 'input') return;
    recordProduct(run, {
      left: cotangent,
      right: {
        buffer: inputs.parameters[parameter].buffer,
        offset: firstBlock * units,
        rows: evenStride(1),
        columns: evenStride(stride),
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

    function transposedOperand(): GpuMatrix {
      const rows = evenStride(1);
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
