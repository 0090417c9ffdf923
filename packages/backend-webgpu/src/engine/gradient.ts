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
import { splitIntoChunks } from './chunks.js';
import { recordDeepProducts } from './deep-products.js';
import type { Gpu } from './gpu.js';
import { recordColumnSums, recordRepeatedMove } from './kernels/cotangents.js';
import { recordRounding, recordTransposition } from './kernels/weights.js';
import { reserveVectors, savedLayout, Workspace } from './layout.js';
import { loopsOf } from './loop/plan-loops.js';
import type { GpuFloats } from './memory.js';
import type { Run } from './run.js';
import { type Loops, recordLoop, reserveWaitingResults } from './run-loop.js';

/**
 * Computes the gradient of a plan: for each chunk of time steps, from the last processed to the first, the time loop, which
 * writes the cotangents of the products' results, then a deep matrix product for each matrix and for `x`.
 */
export const gradient = (
  gpu: Gpu,
  plan: Plan,
  inputs: SequenceInputs<GpuFloats>,
  result: SequenceResult<GpuFloats>,
  cotangents: SequenceCotangents<GpuFloats>,
): SequenceGradient<GpuFloats> =>
  gpu.run(`${plan.cell.name} gradient`, (run) =>
    recordGradient(run, gpu.loops, plan, inputs, result, cotangents),
  );

function recordGradient(
  run: Run,
  loops: Loops,
  plan: Plan,
  inputs: SequenceInputs<GpuFloats>,
  { sequence, saved }: SequenceResult<GpuFloats>,
  cotangents: SequenceCotangents<GpuFloats>,
): SequenceGradient<GpuFloats> {
  const { batch, timesteps, x, maskedOutput = 'repeat', reverse = false } = inputs;
  const { units, inputSize } = plan;
  const { buffers: cotangentBuffers, schedule, vectors, input } = plan.gradient;
  const sequenceCells = sequenceLayout(inputs);
  const { recorder } = run;
  const loop = loops.ready(loopsOf(plan).gradient, units);
  const rows = batch * units;
  const kept = saved as GpuFloats;
  const layout = savedLayout(plan, batch, timesteps);

  const widths = cotangentBuffers.map((blocks) => blocks.length * units);
  const chunks = splitIntoChunks(
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
  const fillVectors = reserveVectors(workspace, plan, inputs);
  const stateCotangents = plan.states.map((_, s) => workspace.reserve(`stateCotangent${s}`, 2 * rows));
  for (let value = 0; value < schedule.values; value++) workspace.reserve(`gradientValue${value}`, rows);
  widths.forEach((width, buffer) => {
    workspace.reserve(`productCotangent${buffer}`, batch * chunks[0].positions * width);
  });
  const vectorSums = workspace.reserve('vectorSums', rows * vectors.length);
  reserveWaitingResults(workspace, loop, rows);
  const work = run.allocateTemporary(workspace.length);
  fillVectors(recorder, work);
  transposeWeights(run, plan, inputs, work, workspace);
  recorder.clear(work, vectorSums, rows * vectors.length);
  plan.states.forEach((_, s) => {
    recorder.place(cotangents.states?.[s], work, stateCotangents[s], rows);
  });

  const gradients: SequenceGradient<GpuFloats> = {
    x: run.allocateResult(x.length),
    parameters: inputs.parameters.map(({ length }) => run.allocateResult(length)),
    initialStates: plan.states.map(() => run.allocateResult(rows)),
  };
  for (const { buffer, length } of gradients.parameters) recorder.clear(buffer, 0, length);

  const sequenceCotangent = moveRepeatedCotangents(run, plan, inputs, cotangents.sequence);
  const weights = loop.usesFloat16 ? [recordRounding(run, work, matrixLength)] : [];
  const bound = [
    work,
    x.buffer,
    sequence.buffer,
    kept.buffer,
    // A placeholder if absent; the shader ignores it.
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
    recordLoop(
      recorder,
      loop,
      bound,
      { ...uniforms, chunk: chunk.positions, chunkStart: chunk.start },
      chunk,
    );
    recordDeepProducts(
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
    const sums = run.allocateTemporary(vectors.length * units);
    const columns = vectors.length * units;
    recordColumnSums(recorder, { buffer: work, offset: vectorSums, rows: batch, columns }, sums);
    vectors.forEach(({ parameter, block }, i) => {
      recorder.copy(sums, i * units, gradients.parameters[parameter].buffer, block * units, units);
    });
  }
  gradients.initialStates.forEach(({ buffer }, s) => {
    recorder.copy(work, stateCotangents[s] + (timesteps % 2) * rows, buffer, 0, rows);
  });
  return gradients;
}

/** Transposes the matrices that multiply states, so that neighbouring threads read neighbouring numbers. */
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
    recordTransposition(recorder, {
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

/** Moves the cotangents of repeated outputs to the step that they repeat; the loop does so if the output is a state. */
function moveRepeatedCotangents(
  { recorder, allocateTemporary }: Run,
  plan: Plan,
  inputs: SequenceInputs<GpuFloats>,
  cotangent: GpuFloats | undefined,
): GPUBuffer | undefined {
  const { batch, timesteps, mask, maskedOutput = 'repeat', reverse = false } = inputs;
  const repeats = mask !== undefined && maskedOutput === 'repeat';
  if (cotangent === undefined || !repeats || outputState(plan) !== undefined) return cotangent?.buffer;
  const moved = allocateTemporary(cotangent.length);
  recordRepeatedMove(recorder, {
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
