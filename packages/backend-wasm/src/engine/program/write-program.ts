import type { Program } from '@sluice/core/backend';
import { FunctionBody, type Integer, type Vector } from '../bytes/function-body.js';
import { Lanes } from '../bytes/lanes.js';
import { writeModule } from '../bytes/wasm-module.js';
import type { Variant } from '../fixed-kernels.js';
import { functions } from '../functions/index.js';
import { joinMultiplyAdds, type Step } from './multiply-adds.js';

/**
 * Bytes of a row's entry in the argument block: its address, its move after each step, and its move from the last step of
 * a row to the first step of the next, all in bytes.
 */
export const ENTRY_BYTES = 12;

/** Two vectors of four elements are computed together. */
const PAIR_BYTES = 32;

/** The longest function that WebAssembly runtimes accept: JavaScript interface, section 8.1. */
const MOST_BYTES = 7_654_321;

/** Whether a store is a sum over the rows. */
export const isSum = ({ slot }: Program['stores'][number]): boolean => slot.kind === 'vectorCotangent';

/**
 * Writes a pointwise program as a WebAssembly module with a function `run(count, steps, arguments)`. Its loops: rows, time
 * steps, elements of a row. Elements are computed in pairs of four, then four, then one at a time, with the same
 * instructions, so that an element's result does not depend on its index. The argument block has an entry for each load
 * and then for each store. When the steps go back in memory, as in a gradient, the elements do too: the processor
 * prefetches in one direction.
 *
 * Ladder (an SRU's gradient, 64 sequences of 50 steps, 128 units, one core of a Zen 4, Node 20 with relaxed SIMD; ms):
 *   1  elements in ascending order in any case            3.1 to 3.6
 *   2  elements in the order of the steps                 1.3 to 1.4
 * The forward program on the same core: 0.91; with joined products and sums and a sigmoid without negation: 0.82. One
 * address for rows that are neighbours, or four groups of elements at a time: no faster. One group: 1.05.
 */
export function writeProgram(
  program: Program,
  units: number,
  { shared, relaxedSimd }: Variant,
): Uint8Array<ArrayBuffer> {
  const rowCount = program.loads.length + program.stores.length;
  const body = new FunctionBody(3, 3 * rowCount + 5);
  const functionsOn = new Lanes(body, relaxedSimd);
  const count = body.parameter(0);
  const steps = body.parameter(1);
  const block = body.parameter(2);
  const index = body.integer();
  const step = body.integer();
  const backwards = body.integer();
  const firstPair = body.integer();
  const toNextPair = body.integer();
  const rows = Array.from({ length: rowCount }, (_, i) => {
    const [address, toNextStep, toNextRow] = [body.integer(), body.integer(), body.integer()];
    body.loadInteger(address, block, i * ENTRY_BYTES);
    body.loadInteger(toNextStep, block, i * ENTRY_BYTES + 4);
    body.loadInteger(toNextRow, block, i * ENTRY_BYTES + 8);
    return { address, toNextStep, toNextRow };
  });
  const addresses = rows.map(({ address }) => address);
  const operations = joinMultiplyAdds(program);
  const paired = units - (units % 8);
  const whole = units - (units % 4);
  const elements = (offsets: readonly number[], lanes: 4 | 1) =>
    body.within(() => {
      writeElements(body, functionsOn, program, operations, addresses, index, offsets, lanes);
      return undefined;
    });
  for (const { toNextStep } of rows) body.orInteger(backwards, toNextStep);
  body.sign(backwards, backwards);
  body.setIntegerIf(firstPair, backwards, paired * 4 - PAIR_BYTES);
  body.setIntegerIf(toNextPair, backwards, -2 * PAIR_BYTES);
  body.addNumber(toNextPair, PAIR_BYTES);
  body.countDown(count, () => {
    body.copyInteger(step, steps);
    body.countDown(step, () => {
      body.copyInteger(index, firstPair);
      if (paired > 0) body.countWithin(index, toNextPair, paired * 4, () => elements([0, 16], 4));
      if (paired < units) body.setInteger(index, paired * 4);
      if (paired < whole) body.countWithin(index, 16, whole * 4, () => elements([0], 4));
      if (whole < units) body.countWithin(index, 4, units * 4, () => elements([0], 1));
      for (const { address, toNextStep } of rows) body.addInteger(address, toNextStep);
    });
    for (const { address, toNextRow } of rows) body.addInteger(address, toNextRow);
  });
  const bytes = writeModule(3, body, shared);
  checkLength(bytes.length, program.operations.length);
  return bytes;
}

/**
 * Refuses a program that no runtime would compile.
 *
 * @throws RangeError with the number of its operations and the limit.
 */
export function checkLength(bytes: number, operations: number): void {
  if (bytes <= MOST_BYTES) return;
  throw new RangeError(
    `A program of ${operations} operations takes ${bytes} bytes, but WebAssembly allows functions of ${MOST_BYTES} at ` +
      'most. Give the cell fewer operations, or use the cpu backend.',
  );
}

/** Writes the operations on the elements at an index of each row, and on those at the other offsets from it. */
function writeElements(
  body: FunctionBody,
  v: Lanes,
  { loads, constants, stores }: Program,
  operations: readonly Step[],
  rows: readonly Integer[],
  index: Integer,
  offsets: readonly number[],
  count: 4 | 1,
): void {
  const values: Vector[] = [];
  // Loads each row at its first use, which keeps registers free, but before the first store: it may be to the same place.
  const value = (number: number): Vector => {
    values[number] ??=
      number < loads.length
        ? body.load(rows[number], index, count, offsets)
        : v.constant(constants[number - loads.length]);
    return values[number];
  };
  const endOf = lastUses(operations, stores);
  const isConstant = (number: number) => number >= loads.length && number < loads.length + constants.length;
  operations.forEach(({ name, inputs, result }, i) => {
    const [a, b = a, c = a] = inputs.map(value);
    const isJoined = name === 'multiplyAdd' || name === 'multiplySub';
    values[result] = body.within(() => (isJoined ? v[name](a, b, c) : functions[name](v, a, b, c)));
    for (const input of new Set(inputs)) {
      if (endOf.get(input) === i && !isConstant(input)) body.discard(values[input]);
    }
  });
  for (const store of stores) value(store.value);
  stores.forEach((store, i) => {
    const row = rows[loads.length + i];
    const stored = value(store.value);
    const result = isSum(store) ? v.add(body.load(row, index, count, offsets), stored) : stored;
    body.store(result, row, index, count, offsets);
  });
}

/** For each value, the last operation that reads it. Values that are stored or copied are needed to the end. */
function lastUses(operations: readonly Step[], stores: Program['stores']): ReadonlyMap<number, number> {
  const last = new Map<number, number>();
  operations.forEach(({ inputs }, i) => {
    for (const input of inputs) last.set(input, i);
  });
  for (const { value } of stores) last.delete(value);
  for (const { name, inputs, result } of operations) {
    if (name !== 'identity') continue;
    last.delete(inputs[0]);
    last.delete(result);
  }
  return last;
}
