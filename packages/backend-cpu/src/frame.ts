/** One time step of a network on typed arrays, without allocation: for streams where there is no WebAssembly. */
import type { Plan } from '@sluice/core';
import { type Frame, frameOf, type LoopProduct, type LoopStage, type Reference } from '@sluice/core/backend';
import { multiply, prepare } from './engine/matrix.js';
import { bindRow, compile, type RowPlace } from './engine/program.js';
import { runRows } from './engine/rows.js';
import { IntegerProducts } from './integer-products.js';

/** A frame with its memory, which holds the places that `frame` names. */
export interface CpuFrame {
  readonly frame: Frame;
  readonly memory: Float32Array;
  /** Computes one frame: from the input and the states in the memory, the output and the new states. */
  run(): void;
}

/**
 * A frame of a plan with a memory of its own. Rows of zeros are its first states.
 * @param parameters those of the plan, in its order; frames share them, so do not change them.
 * @param quantize `int8`: matrices in 8 bits, and products as sums of whole numbers.
 */
export function createCpuFrame(plan: Plan, parameters: readonly Float32Array[], quantize?: 'int8'): CpuFrame {
  const frame = frameOf(plan);
  const { loop, state } = frame;
  const memory = new Float32Array(frame.length);
  const placeOf = (reference: Reference): RowPlace => {
    const start = frame.startOf(reference);
    if (start !== undefined) return { memory, start };
    return { memory: parameters[parameterOf(frame, reference.buffer)], start: reference.column };
  };
  const matrixOf = (buffer: number) => parameters[parameterOf(frame, buffer)];
  const integers = quantize === 'int8' ? new IntegerProducts(frame, placeOf, matrixOf) : undefined;
  const bind = (product: LoopProduct) =>
    product.kind === 'rows' && integers !== undefined
      ? integers.bind(product)
      : bindProduct(product, placeOf, matrixOf);
  const steps = [...loop.before, ...loop.body, ...loop.after].flatMap((stage) =>
    bindStage(stage, placeOf, bind),
  );
  return {
    frame,
    memory,
    run: () => {
      for (const step of steps) step();
      memory.copyWithin(state.start, state.start + state.length, state.start + 2 * state.length);
    },
  };
}

function parameterOf({ loop }: Frame, buffer: number): number {
  const { source, name } = loop.buffers[buffer];
  if (source?.kind !== 'parameter') throw new Error(`a frame has no place for '${name}'`);
  return source.index;
}

/** The work of a stage as functions that allocate nothing. */
function bindStage(
  { products, width, program }: LoopStage,
  placeOf: (reference: Reference) => RowPlace,
  bind: (product: LoopProduct) => () => void,
): (() => void)[] {
  const work = products.map(bind);
  if (program.stores.length === 0) return work;
  const loads = program.loads.map(placeOf);
  const stores = program.stores.map(({ slot }) => placeOf(slot));
  return [...work, bindRow(compile(program, width), loads, stores)];
}

function bindProduct(
  product: LoopProduct,
  placeOf: (reference: Reference) => RowPlace,
  matrixOf: (buffer: number) => Float32Array,
): () => void {
  if (product.kind === 'weights') throw new Error('a frame has no gradients');
  const to = placeOf(product.result);
  if (product.kind === 'rows') {
    const { rows, columns, firstRow, firstColumn, stride, buffer } = product.weights;
    const weights = matrixAt(matrixOf(buffer), firstRow * stride + firstColumn, stride);
    const right = prepare(weights, 1, rows, columns);
    const from = placeOf(product.left);
    const left = matrixAt(from.memory, from.start, 0);
    const result = matrixAt(to.memory, to.start, 0);
    return () => multiply(left, right, result, 1, false);
  }
  const { name, parts, operand } = product;
  const from = placeOf(operand);
  const rowsOf = ({ memory, start }: RowPlace) => ({ memory, offset: start, stride: 0, advance: 0 });
  const operation = {
    ...({ kind: 'row', name, parts, width: operand.width } as const),
    ...{ operand: rowsOf(from), result: rowsOf(to) },
  };
  return () => runRows(operation, 0, 1);
}

const matrixAt = (memory: Float32Array, offset: number, rowStride: number) => ({
  memory,
  offset,
  rowStride,
  columnStride: 1,
});
