import type { Plan } from '@sluice/core';
import {
  isInputProjection,
  type SequenceInputs,
  type SequenceResult,
  sequenceLayout,
} from '@sluice/core/backend';
import { splitIntoChunks } from './chunks.js';
import type { Gpu } from './gpu.js';
import { evenStride, recordProduct, strideInChunk } from './kernels/multiply.js';
import { recordRounding } from './kernels/weights.js';
import { reserveMatrices, reserveVectors, savedLayout, scratchLayout, Workspace } from './layout.js';
import { loopsOf } from './loop/plan-loops.js';
import type { GpuFloats } from './memory.js';
import type { Run } from './run.js';
import { type Loops, recordLoop, reserveWaitingResults } from './run-loop.js';

/**
 * Runs the forward pass of a plan: for each chunk of time steps the input projections, one matrix product each, and the
 * time loop.
 *
 * @param keep whether to return the saved values that `gradient` needs.
 */
export const forward = (
  gpu: Gpu,
  plan: Plan,
  inputs: SequenceInputs<GpuFloats>,
  keep: boolean,
): SequenceResult<GpuFloats> =>
  gpu.run(`${plan.cell.name} forward`, (run) => recordForward(run, gpu.loops, plan, inputs, keep));

function recordForward(
  run: Run,
  loops: Loops,
  plan: Plan,
  inputs: SequenceInputs<GpuFloats>,
  keep: boolean,
): SequenceResult<GpuFloats> {
  const { batch, timesteps, x, reverse = false, maskedOutput = 'repeat' } = inputs;
  const { units, inputSize } = plan;
  const sequenceCells = sequenceLayout(inputs);
  const { recorder } = run;
  const loop = loops.ready(loopsOf(plan).forward, units);
  const rows = batch * units;

  const projections = plan.products.flatMap((product, index) => (isInputProjection(product) ? [index] : []));
  const widths = projections.map((index) => plan.products[index].results.length * units);
  const chunks = splitIntoChunks(
    {
      timesteps,
      numbersPerStep: batch * widths.reduce((sum, width) => sum + width, 0),
      depth: inputSize,
      workPerStep: loop.workPerStep,
    },
    !reverse,
  );
  const longest = chunks[0].positions;

  const workspace = new Workspace();
  const fillMatrices = reserveMatrices(workspace, plan, inputs);
  const matrixLength = workspace.length;
  const fillVectors = reserveVectors(workspace, plan, inputs);
  projections.forEach((index, i) => {
    workspace.reserve(`projection${index}`, batch * longest * widths[i]);
  });
  reserveWaitingResults(workspace, loop, rows);
  const work = run.allocateTemporary(workspace.length);
  fillMatrices(recorder, work);
  fillVectors(recorder, work);

  const sequence = run.allocateResult(batch * timesteps * units);
  const layout = keep ? savedLayout(plan, batch, timesteps) : scratchLayout(plan, batch);
  const saved = keep ? run.allocateResult(layout.length) : undefined;
  const memory = saved?.buffer ?? run.allocateTemporary(layout.length);
  /** The place of a state before the first step, or after the last. */
  const stateAt = (s: number, end: 'before' | 'after') => {
    const current = end === 'before' ? 0 : timesteps % 2;
    const step = (end === 'after') === reverse ? 0 : timesteps;
    return layout.places[`state${s}`] + (keep ? step : current) * rows;
  };
  plan.states.forEach((_, s) => {
    recorder.place(inputs.initialStates?.[s], memory, stateAt(s, 'before'), rows);
  });

  const weights = loop.usesFloat16 ? [recordRounding(run, work, matrixLength)] : [];
  const buffers = [work, x.buffer, sequence.buffer, memory, ...weights];
  const uniforms = {
    ...workspace.places,
    ...layout.places,
    keep: Number(keep),
    batch,
    timesteps,
    units,
    inputSize,
    rowCells: sequenceCells.row,
    stepCells: sequenceCells.step,
    reverse: Number(reverse),
    masked: Number(inputs.mask !== undefined),
    repeat: Number(maskedOutput === 'repeat'),
  };
  for (const chunk of chunks) {
    if (chunk.position > 0) recorder.cut();
    projections.forEach((index, i) => {
      const { parameter, firstBlock } = plan.products[index];
      recordProduct(run, {
        left: {
          buffer: x.buffer,
          offset: chunk.start * sequenceCells.step * inputSize,
          rows: strideInChunk(sequenceCells, chunk, inputSize),
          columns: evenStride(1),
        },
        right: {
          buffer: inputs.parameters[parameter].buffer,
          offset: firstBlock * units,
          rows: evenStride(plan.parameters[parameter].shape[1]),
          columns: evenStride(1),
        },
        result: {
          buffer: work,
          offset: workspace.places[`projection${index}`],
          rows: evenStride(widths[i]),
        },
        rows: batch * chunk.positions,
        depth: inputSize,
        columns: widths[i],
        accumulate: false,
      });
    });
    recordLoop(
      recorder,
      loop,
      buffers,
      { ...uniforms, chunk: chunk.positions, chunkStart: chunk.start },
      chunk,
    );
  }

  const states = plan.states.map((_, s) => {
    const state = run.allocateResult(rows);
    recorder.copy(memory, stateAt(s, 'after'), state.buffer, 0, rows);
    return state;
  });
  return { sequence, states, saved };
}
