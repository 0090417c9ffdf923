import type { Backend, SequenceCotangents, SequenceInputs, SequenceResult } from '../backend/interface.js';
import type { Cell } from '../equations/make-cell.js';
import type { Sizes } from '../equations/parameters.js';
import { type Plan, planFor } from '../plan/plan.js';
import { referenceForward } from '../reference/forward.js';
import { referenceGradient } from '../reference/gradient.js';
import { cellOfNames, probedCell } from './cells.js';

/** Numbers over time, `[batch, timesteps, width]`. */
export interface ValuesOverTime {
  readonly values: Float32Array | Float64Array;
  readonly shape: readonly [batch: number, timesteps: number, width: number];
}

/** A sequence to look into, as for `Backend.forward`, with plain numbers; time is the second axis. */
export type InspectedInputs = Omit<SequenceInputs<ArrayLike<number>>, 'timeMajor' | 'recurrentMasks'>;

export interface InspectOptions<Buffer> {
  /** The device. Default: the float64 reference. */
  readonly backend?: Backend<Buffer>;
}

/**
 * The named values of a cell's equations (gates, candidate, new states) over a sequence, in one pass.
 *
 * It runs a derived cell whose output is all of these values, so it works on every backend.
 * @returns the values by their names in the equations, each `[batch, timesteps, width]`. At padded steps they repeat, as outputs do.
 */
export async function inspect<Buffer>(
  cell: Cell,
  sizes: Sizes,
  inputs: InspectedInputs,
  { backend }: InspectOptions<Buffer> = {},
): Promise<Readonly<Record<string, ValuesOverTime>>> {
  const { cell: named, columns } = cellOfNames(cell, sizes);
  const plan = planFor(named, sizes);
  const { batch, timesteps } = inputs;
  const rows = batch * timesteps;
  const all = await runForward(plan, inputs, backend);
  return Object.fromEntries(
    columns.map(({ name, start, width }) => {
      const values = takeColumns(all, rows, plan.outputWidth, start, width);
      return [name, { values, shape: [batch, timesteps, width] } as const];
    }),
  );
}

/** The gradient of a loss, step by step. */
export interface StepGradients {
  /** dL/dxₜ. */
  readonly x: ValuesOverTime;
  /** dL/dhₜ for each state h after step t, through all later steps. */
  readonly states: Readonly<Record<string, ValuesOverTime>>;
}

/**
 * The gradient of a loss with respect to the input and to each state at every step: whether gradients vanish or explode.
 *
 * It differentiates a derived cell that adds a probe of zeros to each new state; the probes' gradients are the states'.
 * @param cotangents dL/dy of the outputs `[batch, timesteps, width]` and of the last states, as for `Backend.gradient`.
 */
export async function inspectGradients<Buffer>(
  cell: Cell,
  sizes: Sizes,
  inputs: InspectedInputs,
  cotangents: SequenceCotangents<ArrayLike<number>>,
  { backend }: InspectOptions<Buffer> = {},
): Promise<StepGradients> {
  const { batch, timesteps } = inputs;
  const rows = batch * timesteps;
  const { inputSize } = sizes;
  if (inputs.x.length !== rows * inputSize) {
    throw new RangeError(
      `inspectGradients: x must have ${batch} × ${timesteps} × ${inputSize} = ${rows * inputSize} numbers, but has ${inputs.x.length}.`,
    );
  }
  const probed = probedCell(cell, sizes);
  const { inputSize: rowLength } = probed.sizes;
  const plan = planFor(probed.cell, probed.sizes);
  const x = new Float64Array(rows * rowLength);
  for (let row = 0; row < rows; row++) {
    for (let i = 0; i < inputSize; i++) x[row * rowLength + i] = inputs.x[row * inputSize + i];
  }
  const gradient = await runGradient(plan, { ...inputs, x }, cotangents, backend);
  const part = (start: number, width: number): ValuesOverTime => ({
    values: takeColumns(gradient, rows, rowLength, start, width),
    shape: [batch, timesteps, width],
  });
  const states = probed.probes.map(({ name, start, width }) => [name, part(start, width)] as const);
  return { x: part(0, inputSize), states: Object.fromEntries(states) };
}

/** The Euclidean norm of the values of each step, over the batch and the row: `timesteps` numbers. */
export function normsByStep({ values, shape: [batch, timesteps, width] }: ValuesOverTime): Float64Array {
  const squares = new Float64Array(timesteps);
  for (let row = 0; row < batch * timesteps; row++) {
    for (let i = 0; i < width; i++) squares[row % timesteps] += values[row * width + i] ** 2;
  }
  return squares.map(Math.sqrt);
}

async function runForward<Buffer>(
  plan: Plan,
  inputs: InspectedInputs,
  backend: Backend<Buffer> | undefined,
): Promise<Float32Array | Float64Array> {
  if (backend === undefined) return referenceForward(plan, mapInputs(inputs, toFloat64)).sequence;
  return withUploads(backend, async (upload, keep) => {
    const result = backend.forward(plan, mapInputs(inputs, upload));
    keepResult(result, keep);
    return backend.download(result.sequence);
  });
}

async function runGradient<Buffer>(
  plan: Plan,
  inputs: InspectedInputs,
  cotangents: SequenceCotangents<ArrayLike<number>>,
  backend: Backend<Buffer> | undefined,
): Promise<Float32Array | Float64Array> {
  const mapCotangents = <To>(to: (values: ArrayLike<number>) => To): SequenceCotangents<To> => ({
    sequence: cotangents.sequence && to(cotangents.sequence),
    states: cotangents.states?.map((state) => state && to(state)),
  });
  if (backend === undefined) {
    return referenceGradient(plan, mapInputs(inputs, toFloat64), mapCotangents(toFloat64)).x;
  }
  return withUploads(backend, async (upload, keep) => {
    const uploaded = mapInputs(inputs, upload);
    const result = backend.forward(plan, uploaded, true);
    keepResult(result, keep);
    const gradient = backend.gradient(plan, uploaded, result, mapCotangents(upload));
    for (const buffer of [gradient.x, ...gradient.parameters, ...gradient.initialStates]) keep(buffer);
    return backend.download(gradient.x);
  });
}

const toFloat64 = (values: ArrayLike<number>): Float64Array => Float64Array.from(values);

function mapInputs<To>(inputs: InspectedInputs, to: (values: ArrayLike<number>) => To): SequenceInputs<To> {
  const { x, parameters, initialStates, mask, ...rest } = inputs;
  return {
    ...rest,
    x: to(x),
    parameters: parameters.map(to),
    initialStates: initialStates?.map((state) => state && to(state)),
    mask: mask && to(mask),
  };
}

function keepResult<Buffer>(
  { sequence, states, saved }: SequenceResult<Buffer>,
  keep: (buffer: Buffer) => void,
) {
  for (const buffer of [sequence, ...states]) keep(buffer);
  if (saved !== undefined) keep(saved);
}

/** Runs with buffers on a device, and releases them all afterwards. */
async function withUploads<Buffer, Result>(
  backend: Backend<Buffer>,
  run: (upload: (values: ArrayLike<number>) => Buffer, keep: (buffer: Buffer) => void) => Promise<Result>,
): Promise<Result> {
  const buffers: Buffer[] = [];
  const upload = (values: ArrayLike<number>) => {
    const buffer = backend.upload(Float32Array.from(values));
    buffers.push(buffer);
    return buffer;
  };
  try {
    return await run(upload, (buffer) => buffers.push(buffer));
  } finally {
    for (const buffer of buffers) backend.release(buffer);
  }
}

/** Columns of rows. */
function takeColumns<Values extends Float32Array | Float64Array>(
  all: Values,
  rows: number,
  stride: number,
  start: number,
  width: number,
): Values {
  const taken = all.slice(0, rows * width) as Values;
  for (let row = 0; row < rows; row++) {
    taken.set(all.subarray(row * stride + start, row * stride + start + width), row * width);
  }
  return taken;
}
