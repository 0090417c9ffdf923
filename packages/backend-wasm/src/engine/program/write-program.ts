import type { Program } from '@sluice/core';
import { FunctionBody, type Integer, type Vector } from '../bytes/function-body.js';
import { Lanes } from '../bytes/lanes.js';
import { moduleOf } from '../bytes/wasm-module.js';
import type { Variant } from '../fixed-kernels.js';
import { functions } from '../functions/index.js';

/** Bytes of a row's entry in the argument block: its address and its stride, both in bytes. */
export const ENTRY_BYTES = 8;

/** Whether a store adds up over the rows. */
export const isSum = ({ slot }: Program['stores'][number]): boolean => slot.kind === 'vectorCotangent';

/**
 * Writes a pointwise program as a WebAssembly module: one loop over the rows, inside it one over a row's elements, four
 * at a time and what is left over one by one, with the same instructions, so that an element's result does not depend on
 * where it stands. `run(count, arguments)` finds the addresses and strides of the loads and stores, in this order, in the
 * argument block.
 */
export function writeProgram(
  program: Program,
  units: number,
  { shared, relaxedSimd }: Variant,
): Uint8Array<ArrayBuffer> {
  const rowCount = program.loads.length + program.stores.length;
  const body = new FunctionBody(2, 2 * rowCount + 1);
  const lanes = new Lanes(body, relaxedSimd);
  const count = body.parameter(0);
  const block = body.parameter(1);
  const index = body.integer();
  const rows = Array.from({ length: rowCount }, (_, i) => {
    const [address, stride] = [body.integer(), body.integer()];
    body.loadInteger(address, block, i * ENTRY_BYTES);
    body.loadInteger(stride, block, i * ENTRY_BYTES + 4);
    return { address, stride };
  });
  const addresses = rows.map(({ address }) => address);
  const paired = units - (units % 8);
  const whole = units - (units % 4);
  body.countDown(count, () => {
    body.setInteger(index, 0);
    if (paired > 0)
      body.countUp(index, 32, paired * 4, () =>
        writeElements(body, lanes, program, addresses, index, [0, 16], 4),
      );
    if (paired < whole)
      body.countUp(index, 16, whole * 4, () => writeElements(body, lanes, program, addresses, index, [0], 4));
    if (whole < units)
      body.countUp(index, 4, units * 4, () => writeElements(body, lanes, program, addresses, index, [0], 1));
    for (const { address, stride } of rows) body.addInteger(address, stride);
  });
  return moduleOf(2, body, shared);
}

/** The operations on the elements at an index of every row, and at the same time on those at the other offsets from it. */
function writeElements(
  body: FunctionBody,
  v: Lanes,
  { loads, constants, operations, stores }: Program,
  rows: readonly Integer[],
  index: Integer,
  offsets: readonly number[],
  count: 4 | 1,
): void {
  const values = offsets.map((offset): Vector[] => [
    ...loads.map((_, i) => body.load(rows[i], index, count, offset)),
    ...constants.map((constant) => v.constant(constant)),
  ]);
  for (const { name, inputs } of operations) {
    for (const own of values) {
      const [a, b = a] = inputs.map((input) => own[input]);
      own.push(functions[name](v, a, b));
    }
  }
  stores.forEach((store, i) => {
    const row = rows[loads.length + i];
    offsets.forEach((offset, part) => {
      const value = values[part][store.value];
      const result = isSum(store) ? v.add(body.load(row, index, count, offset), value) : value;
      body.store(result, row, index, count, offset);
    });
  });
}
