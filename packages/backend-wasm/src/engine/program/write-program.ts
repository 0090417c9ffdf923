import type { Program, RowAccess } from '@sluice/core/backend';
import { type Address, FunctionBody, type Integer, type Vector } from '../bytes/function-body.js';
import { Lanes } from '../bytes/lanes.js';
import { writeModule } from '../bytes/wasm-module.js';
import type { Variant } from '../fixed-kernels.js';
import { writeOperation } from '../functions/index.js';
import { ENTRY } from '../sequence/block.js';
import { joinMultiplyAdds, type Step } from './multiply-adds.js';
import { isLong, type ProgramPart, splitProgram } from './split-program.js';

/** Groups of four elements that are computed together; more for a single long operation, which has few values at a time. */
const GROUPS = 2;
const LONG_GROUPS = 4;

/** The longest function that WebAssembly runtimes accept: JavaScript interface, section 8.1. */
const MOST_BYTES = 7_654_321;

type Stores = Program<RowAccess>['stores'];

/** Whether a store is a sum over the rows. */
export const isSum = ({ slot }: Stores[number]): boolean => slot.sum === true;

/** A program as a module, which needs so many spare rows. */
export interface WrittenProgram {
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly spares: number;
}

/**
 * Writes a pointwise program as a WebAssembly module with a function `run(count, arguments)`. Its loops: rows, parts of the
 * program, elements of a row. Elements are computed in groups of four, some groups together, then one at a time, with the same
 * instructions, so that an element's result does not depend on its index. The argument block has an entry for each load and
 * then for each store, and the address of the spare rows.
 *
 * Ladder (an SRU's forward program, 64 sequences of 50 steps, 128 units, one core of a Zen 4, Node 20 with relaxed SIMD; ms):
 *   1  one group of four elements at a time               1.05
 *   2  pairs                                              0.91
 *   3  2 with joined products and sums, and a sigmoid without negation   0.82
 * One address for rows that are neighbours, or four groups of elements at a time: no faster. A loop over the time steps
 * inside of that over the rows: a whole gradient of the SRU took 13.4 ms instead of 12.1 (the rows of a step are neighbours).
 * A row of the training programs of an LSTM and a GRU on the same core without relaxed SIMD, 128 units (µs):
 *   3                                                     0.90   0.83
 *   4  a loop for each long operation, in fours           0.69   0.44   with pairs 0.83 and 0.56; one loop in fours 0.85, 0.53
 * An SRU's is no faster with 4, as no long operation waits for another one: it stays 3.
 * An SRU's gradient program on the same shape, on one core of a Zen 5, without relaxed SIMD (ms):
 *   3  step by step; the rows of x and its gradient are far apart                1.05, and 0.17 for a copy of x
 *   5  row by row, steps and elements from the last to the first                 0.91   elements in ascending order 1.75
 * The processor prefetches in one direction.
 *
 * @param descends whether it runs on rows in descending order of their addresses; then the groups of elements descend, too.
 */
export function writeProgram(
  program: Program<RowAccess>,
  units: number,
  { shared, relaxedSimd }: Variant,
  descends = false,
): WrittenProgram {
  const rowCount = program.loads.length + program.stores.length;
  const body = new FunctionBody(2, 2 * rowCount + 2);
  const functionsOn = new Lanes(body, relaxedSimd);
  const count = body.parameter(0);
  const block = body.parameter(1);
  const [index, spare] = [body.integer(), body.integer()];
  const rows = Array.from({ length: rowCount }, (_, i) => {
    const [address, toNextRow] = [body.integer(), body.integer()];
    body.loadInteger(address, block, i * ENTRY * 4);
    body.loadInteger(toNextRow, block, i * ENTRY * 4 + 4);
    return { address, toNextRow };
  });
  const { parts, spares } = splitProgram(program);
  if (spares > 0) body.loadInteger(spare, block, rowCount * ENTRY * 4);
  const addresses = [
    ...rows.map(({ address }) => ({ base: address, offset: 0 })),
    ...Array.from({ length: spares }, (_, i) => ({ base: spare, offset: i * units * 4 })),
  ];
  body.countDown(count, () => {
    writeParts(body, functionsOn, parts, units, addresses, index, descends);
    for (const { address, toNextRow } of rows) body.addInteger(address, toNextRow);
  });
  const bytes = writeModule([{ parameters: 2, body }], shared);
  checkLength(bytes.length, program.operations.length);
  return { bytes, spares };
}

/** Writes the parts of a program on one row. `rows` are the places of the program's loads, stores and spare rows. */
export function writeParts(
  body: FunctionBody,
  lanes: Lanes,
  parts: readonly ProgramPart[],
  units: number,
  rows: readonly Address[],
  index: Integer,
  descends = false,
): void {
  for (const part of parts) {
    const own = part.rows.map((row) => rows[row]);
    writeRow(body, lanes, part.program, units, own, index, descends);
  }
}

/**
 * Writes a pointwise program on one row of `units` numbers. `rows` are the places of the loads, then of the stores; `index` is
 * a variable for it.
 */
export function writeRow(
  body: FunctionBody,
  lanes: Lanes,
  program: Program<RowAccess>,
  units: number,
  rows: readonly Address[],
  index: Integer,
  descends = false,
): void {
  const operations = joinMultiplyAdds(program);
  const groups = program.operations.filter(({ name }) => isLong(name)).length === 1 ? LONG_GROUPS : GROUPS;
  const grouped = units - (units % (4 * groups));
  const whole = units - (units % 4);
  const elements = (offsets: readonly number[], count: 4 | 1) =>
    body.within(() => {
      writeElements(body, lanes, program, operations, rows, index, offsets, count);
      return undefined;
    });
  const step = 16 * groups;
  body.setInteger(index, descends && grouped > 0 ? grouped * 4 - step : 0);
  if (grouped > 0) {
    const offsets = Array.from({ length: groups }, (_, group) => group * 16);
    // Below 0 the index is a large unsigned number, which ends the loop.
    body.countUp(index, descends ? -step : step, grouped * 4, () => elements(offsets, 4));
    if (descends && grouped < units) body.setInteger(index, grouped * 4);
  }
  if (grouped < whole) body.countUp(index, 16, whole * 4, () => elements([0], 4));
  if (whole < units) body.countUp(index, 4, units * 4, () => elements([0], 1));
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
  { loads, constants, stores }: Program<RowAccess>,
  operations: readonly Step[],
  rows: readonly Address[],
  index: Integer,
  offsets: readonly number[],
  count: 4 | 1,
): void {
  const values: Vector[] = [];
  // Loads each row at its first use, which keeps registers free, but before the first store: it may be to the same place.
  const value = (number: number): Vector => {
    values[number] ??= load(number);
    return values[number];
  };
  const load = (number: number): Vector => {
    if (number >= loads.length) return v.constant(constants[number - loads.length]);
    const { base, offset } = rows[number];
    return loads[number].spread ? body.loadSpread(base, offset) : body.load(base, index, count, from(offset));
  };
  const from = (offset: number) => offsets.map((group) => offset + group);
  const endOf = lastUses(operations, stores);
  const isConstant = (number: number) => number >= loads.length && number < loads.length + constants.length;
  operations.forEach(({ name, inputs, result }, i) => {
    const operands = inputs.map(value);
    values[result] = body.within(() => writeOperation(v, name, operands));
    for (const input of new Set(inputs)) {
      if (endOf.get(input) === i && !isConstant(input)) body.discard(values[input]);
    }
  });
  for (const store of stores) value(store.value);
  stores.forEach((store, i) => {
    const { base, offset } = rows[loads.length + i];
    const stored = value(store.value);
    const result = isSum(store) ? v.add(body.load(base, index, count, from(offset)), stored) : stored;
    body.store(result, base, index, count, from(offset));
  });
}

/** For each value, the last operation that reads it. Values that are stored or copied are needed to the end. */
function lastUses(operations: readonly Step[], stores: Stores): ReadonlyMap<number, number> {
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
