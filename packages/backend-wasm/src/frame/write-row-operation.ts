import type { Program, RowAccess, RowOperationName } from '@sluice/core/backend';
import type { Address, Integer, Vector } from '../engine/bytes/function-body.js';
import type { Lanes } from '../engine/bytes/lanes.js';
import { writeRow } from '../engine/program/write-program.js';
import type { FrameBody } from './frame-body.js';

/** An operation on one row of `width` numbers, with the places of its operand and result. */
export interface RowOperation {
  readonly name: RowOperationName | 'copy';
  readonly parts: number;
  readonly width: number;
  readonly operand: Address;
  readonly result: Address;
  /** A place of four numbers that nothing else uses. */
  readonly spare: Address;
}

/** The integer variables that operations use. */
export const ROW_VARIABLES = 4;

const ROW: RowAccess = {};
const SPREAD: RowAccess = { spread: true };

const program = (
  loads: readonly RowAccess[],
  operations: Program<RowAccess>['operations'] = [],
): Program<RowAccess> => ({
  loads,
  constants: [],
  operations,
  stores: [{ value: loads.length + operations.length - 1, slot: ROW }],
});
const COPY = program([ROW]);
const COPY_SPREAD = program([SPREAD]);
const ADD = program([ROW, ROW], [{ name: 'add', inputs: [0, 1] }]);

/** Writes the code of an operation on a row, as `rowOperations` of core defines it. */
export function writeRowOperation(
  body: FrameBody,
  lanes: Lanes,
  operation: RowOperation,
  variables: readonly Integer[],
): void {
  const { name, parts, width, operand, result } = operation;
  const [index, counter, from, to] = variables;
  const row = (what: Program<RowAccess>, length: number, places: readonly Address[]) =>
    writeRow(body, lanes, what, length, places, index);
  const at = (base: Integer): Address => ({ base, offset: 0 });
  const start = (variable: Integer, place: Address) => body.setAddress(variable, place.base, place.offset);
  /** Runs `write` `count` times, with both addresses moved on after each turn. */
  const repeated = (count: number, fromBytes: number, toBytes: number, write: () => void) => {
    body.setInteger(counter, count);
    body.countDown(counter, () => {
      write();
      body.addNumber(from, fromBytes);
      body.addNumber(to, toBytes);
    });
  };
  start(from, operand);
  start(to, result);
  switch (name) {
    case 'copy':
      row(COPY, width, [operand, result]);
      return;
    case 'tile':
      repeated(parts, 0, width * 4, () => row(COPY, width, [operand, at(to)]));
      return;
    case 'repeat':
      repeated(width, 4, parts * 4, () => row(COPY_SPREAD, parts, [at(from), at(to)]));
      return;
    case 'sumAcross': {
      const size = width / parts;
      row(COPY, size, [operand, result]);
      if (parts === 1) return;
      body.addNumber(from, size * 4);
      repeated(parts - 1, size * 4, 0, () => row(ADD, size, [result, at(from), result]));
      return;
    }
    case 'sumWithin':
    case 'maxWithin': {
      const size = width / parts;
      const combine = (a: Vector, b: Vector) => (name === 'sumWithin' ? lanes.add(a, b) : lanes.max(a, b));
      repeated(parts, size * 4, 4, () =>
        reducePart(body, combine, size, { from, to, index, spare: operation.spare }),
      );
      return;
    }
  }
}

interface PartOfRow {
  readonly from: Integer;
  readonly to: Integer;
  readonly index: Integer;
  readonly spare: Address;
}

/** Reduces `size` numbers at `from` to one at `to`: four sums, which meet in the spare place. */
function reducePart(
  body: FrameBody,
  combine: (a: Vector, b: Vector) => Vector,
  size: number,
  { from, to, index, spare }: PartOfRow,
): void {
  body.within(() => {
    const whole = size - (size % 4);
    const numberAt = (base: Integer, offset: number) => body.load(base, null, 1, [offset]);
    const total = body.variable(numberAt(from, whole === 0 ? 0 : whole - 4));
    let rest = 1;
    if (whole > 0) {
      const sums = body.variable(body.load(from, null, 4, [0]));
      if (whole > 4) {
        body.setInteger(index, 16);
        body.countUp(index, 16, whole * 4, () => {
          body.within(() => {
            body.assign(sums, combine(sums, body.load(from, index, 4, [0])));
            return undefined;
          });
        });
      }
      body.store(sums, spare.base, null, 4, [spare.offset]);
      body.assign(total, numberAt(spare.base, spare.offset));
      for (const lane of [4, 8, 12]) {
        body.assign(total, combine(total, numberAt(spare.base, spare.offset + lane)));
      }
      rest = whole;
    }
    for (let place = rest; place < size; place++) {
      body.assign(total, combine(total, numberAt(from, place * 4)));
    }
    body.store(total, to, null, 1, [0]);
    return undefined;
  });
}
