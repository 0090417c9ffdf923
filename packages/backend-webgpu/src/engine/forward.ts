import type { Plan } from '@sluice/core';
import {
  isInputProjection,
  type SequenceInputs,
  type SequenceResult,
  sequenceLayout,
} from '@sluice/core/backend';
import { chunksOf } from './chunks.js';
import type { Gpu } from './gpu.js';
import type { GpuFloats } from './gpu-floats.js';
import { apart, inChunk, multiply } from './kernels/multiply.js';
import { narrowed } from './kernels/narrow.js';
import { loopsOf } from './loop/plan-loops.js';
import { placeMatrices, placeVectors, type Run } from './run.js';
import { placeWaitingResults, runLoop } from './run-loop.js';
import { savedLayout, scratchLayout } from './saved-layout.js';
import { Workspace } from './workspace.js';

/**
 * Runs a plan forward: per chunk of time steps the input projections, one matrix product each, and the time loop.
 * Sequences are `[batch, timesteps, …]`; what the loop needs lies in one buffer, the workspace.
 */
export function forward(
  gpu: Gpu,
  plan: Plan,
  inputs: SequenceInputs<GpuFloats>,
  keep: boolean,
): SequenceResult<GpuFloats> {
  const { batch, timesteps, x, reverse = false, maskedOutput = 'repeat' } = inputs;
  const { units, inputSize } = plan;
  const sequenceCells = sequenceLayout(inputs);
  const run: Run = gpu.begin();
  const { recorder } = run;
  const loop = gpu.loops.ready(loopsOf(plan).forward, units);
  const rows = batch * units;

  const projections = plan.products.flatMap((product, index) => (isInputProjection(product) ? [index] : []));
  const widths = projections.map((index) => plan.products[index].results.length * units);
  const chunks = chunksOf(
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
  const fillMatrices = placeMatrices(workspace, plan, inputs);
  const matrixLength = workspace.length;
  const fillVectors = placeVectors(workspace, plan, inputs);
  projections.forEach((index, i) => {
    workspace.reserve(`projection${index}`, batch * longest * widths[i]);
  });
  placeWaitingResults(workspace, loop, rows);
  const work = run.temporary(workspace.length);
  fillMatrices(recorder, work);
  fillVectors(recorder, work);

  const sequence = run.result(batch * timesteps * units);
  const layout = keep ? savedLayout(plan, batch, timesteps) : scratchLayout(plan, batch);
  const saved = keep ? run.result(layout.length) : undefined;
  const memory = saved?.buffer ?? run.temporary(layout.length);
  /** Where a state is before the first step, or behind the last. */
  const stateAt = (s: number, end: 'before' | 'after') => {
    const turn = end === 'before' ? 0 : timesteps % 2;
    const step = (end === 'after') === reverse ? 0 : timesteps;
    return layout.places[`state${s}`] + (keep ? step : turn) * rows;
  };
  plan.states.forEach((_, s) => {
    recorder.place(inputs.initialStates?.[s], memory, stateAt(s, 'before'), rows);
  });

  const weights = loop.narrow ? [narrowed(run, work, matrixLength)] : [];
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
      multiply(run, {
        left: {
          buffer: x.buffer,
          offset: chunk.start * sequenceCells.step * inputSize,
          rows: inChunk(sequenceCells, chunk, inputSize),
          columns: apart(1),
        },
        right: {
          buffer: inputs.parameters[parameter].buffer,
          offset: firstBlock * units,
          rows: apart(plan.parameters[parameter].shape[1]),
          columns: apart(1),
        },
        result: {
          buffer: work,
          offset: workspace.places[`projection${index}`],
          rows: apart(widths[i]),
        },
        rows: batch * chunk.positions,
        depth: inputSize,
        columns: widths[i],
        accumulate: false,
      });
    });
    runLoop(recorder, loop, buffers, { ...uniforms, chunk: chunk.positions, chunkStart: chunk.start }, chunk);
  }

  const states = plan.states.map((_, s) => {
    const state = run.result(rows);
    recorder.copy(memory, stateAt(s, 'after'), state.buffer, 0, rows);
    return state;
  });
  run.submit(`${plan.cell.name} forward`);
  return { sequence, states, saved };
}
