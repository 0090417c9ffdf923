import type { Plan } from '@sluice/core';
import {
  isInputProjection,
  outputState,
  type SequenceCotangents,
  type SequenceGradient,
  type SequenceInputs,
  type SequenceResult,
  sequenceLayout,
} from '@sluice/core/backend';
import { chunksOf } from './chunks.js';
import { deepProducts } from './deep-products.js';
import type { Gpu } from './gpu.js';
import type { GpuFloats } from './gpu-floats.js';
import { columnSums } from './kernels/column-sums.js';
import { narrowed } from './kernels/narrow.js';
import { repeatedOutputs } from './kernels/repeated-outputs.js';
import { transpose } from './kernels/transpose.js';
import { loopsOf } from './loop/plan-loops.js';
import { placeVectors, type Run } from './run.js';
import { placeWaitingResults, runLoop } from './run-loop.js';
import { savedLayout } from './saved-layout.js';
import { Workspace } from './workspace.js';

/**
 * The gradient of a plan: per chunk of time steps, from the last processed to the first, the loop, which leaves the cotangents
 * of the products' results, and one deep matrix product for each weight and for `x`.
 */
export function gradient(
  gpu: Gpu,
  plan: Plan,
  inputs: SequenceInputs<GpuFloats>,
  { sequence, saved }: SequenceResult<GpuFloats>,
  cotangents: SequenceCotangents<GpuFloats>,
): SequenceGradient<GpuFloats> {
  const { batch, timesteps, x, maskedOutput = 'repeat', reverse = false } = inputs;
  const { units, inputSize } = plan;
  const { buffers: cotangentBuffers, schedule, vectors, input } = plan.gradient;
  const sequenceCells = sequenceLayout(inputs);
  const run = gpu.begin();
  const { recorder } = run;
  const loop = gpu.loops.ready(loopsOf(plan).gradient, units);
  const rows = batch * units;
  const kept = saved as GpuFloats;
  const layout = savedLayout(plan, batch, timesteps);

  const widths = cotangentBuffers.map((blocks) => blocks.length * units);
  const chunks = chunksOf(
    {
      timesteps,
      numbersPerStep: batch * widths.reduce((sum, width) => sum + width, 0),
      depth: inputSize,
      workPerStep: loop.workPerStep,
    },
    reverse,
  );
  const workspace = new Workspace();
  plan.products.forEach((product, index) => {
    if (!isInputProjection(product)) {
      workspace.reserve(`transposed${index}`, product.results.length * units * units);
    }
  });
  const matrixLength = workspace.length;
  const fill = placeVectors(workspace, plan, inputs);
  const stateCotangents = plan.states.map((_, s) => workspace.reserve(`stateCotangent${s}`, 2 * rows));
  for (let value = 0; value < schedule.values; value++) workspace.reserve(`gradientValue${value}`, rows);
  widths.forEach((width, buffer) => {
    workspace.reserve(`productCotangent${buffer}`, batch * chunks[0].positions * width);
  });
  const vectorSums = workspace.reserve('vectorSums', rows * vectors.length);
  placeWaitingResults(workspace, loop, rows);
  const work = run.temporary(workspace.length);
  fill(recorder, work);
  transposeWeights(run, plan, inputs, work, workspace);
  recorder.clear(work, vectorSums, rows * vectors.length);
  plan.states.forEach((_, s) => {
    recorder.place(cotangents.states?.[s], work, stateCotangents[s], rows);
  });

  const gradients: SequenceGradient<GpuFloats> = {
    x: run.result(x.length),
    parameters: inputs.parameters.map(({ length }) => run.result(length)),
    initialStates: plan.states.map(() => run.result(rows)),
  };
  for (const { buffer, length } of gradients.parameters) recorder.clear(buffer, 0, length);

  const sequenceCotangent = movedCotangent(run, plan, inputs, cotangents.sequence);
  const weights = loop.narrow ? [narrowed(run, work, matrixLength)] : [];
  const bound = [
    work,
    x.buffer,
    sequence.buffer,
    kept.buffer,
    // Read in vain where there is none, but within bounds.
    sequenceCotangent ?? sequence.buffer,
    ...(input === null ? [] : [gradients.x.buffer]),
    ...weights,
  ];
  const uniforms = {
    ...workspace.places,
    ...layout.places,
    batch,
    timesteps,
    units,
    inputSize,
    rowCells: sequenceCells.row,
    stepCells: sequenceCells.step,
    reverse: Number(reverse),
    masked: Number(inputs.mask !== undefined),
    repeat: Number(maskedOutput === 'repeat'),
    hasSequenceCotangent: Number(sequenceCotangent !== undefined),
  };
  chunks.forEach((chunk, i) => {
    if (i > 0) recorder.cut();
    runLoop(recorder, loop, bound, { ...uniforms, chunk: chunk.positions, chunkStart: chunk.start }, chunk);
    deepProducts(
      run,
      plan,
      inputs,
      { work, workspace, saved: kept.buffer, layout },
      chunk,
      i === 0,
      gradients,
    );
  });

  if (vectors.length > 0) {
    const sums = run.temporary(vectors.length * units);
    const columns = vectors.length * units;
    columnSums(recorder, { buffer: work, offset: vectorSums, rows: batch, columns }, sums);
    vectors.forEach(({ parameter, block }, i) => {
      recorder.copy(sums, i * units, gradients.parameters[parameter].buffer, block * units, units);
    });
  }
  gradients.initialStates.forEach(({ buffer }, s) => {
    recorder.copy(work, stateCotangents[s] + (timesteps % 2) * rows, buffer, 0, rows);
  });
  run.submit(`${plan.cell.name} gradient`);
  return gradients;
}

/** The matrices that multiply states, turned over: threads then read neighbouring numbers. */
function transposeWeights(
  { recorder }: Run,
  plan: Plan,
  inputs: SequenceInputs<GpuFloats>,
  work: GPUBuffer,
  { places }: Workspace,
): void {
  plan.products.forEach((product, index) => {
    if (isInputProjection(product)) return;
    const [rows, stride] = plan.parameters[product.parameter].shape;
    transpose(recorder, {
      source: inputs.parameters[product.parameter].buffer,
      sourceOffset: product.firstBlock * plan.units,
      sourceStride: stride,
      rows,
      columns: product.results.length * plan.units,
      target: work,
      targetOffset: places[`transposed${index}`],
    });
  });
}

/**
 * The cotangents of the outputs, those of repeated outputs moved to the step that they repeat. Where the output is a
 * state, the loop itself takes them there.
 */
function movedCotangent(
  { recorder, temporary }: Run,
  plan: Plan,
  inputs: SequenceInputs<GpuFloats>,
  cotangent: GpuFloats | undefined,
): GPUBuffer | undefined {
  const { batch, timesteps, mask, maskedOutput = 'repeat', reverse = false } = inputs;
  const repeats = mask !== undefined && maskedOutput === 'repeat';
  if (cotangent === undefined || !repeats || outputState(plan) !== undefined) return cotangent?.buffer;
  const moved = temporary(cotangent.length);
  repeatedOutputs(recorder, {
    batch,
    timesteps,
    units: plan.units,
    reverse,
    layout: sequenceLayout(inputs),
    mask: mask.buffer,
    cotangent: cotangent.buffer,
    moved,
  });
  return moved;
}
