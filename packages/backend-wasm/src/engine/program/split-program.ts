import type { OperationName, Program, RowAccess } from '@sluice/core/backend';

/** A program on some rows of another one. */
export interface ProgramPart {
  readonly program: Program<RowAccess>;
  /** For each load and then each store its row: the whole program's loads and stores, then the spare rows, are numbered. */
  readonly rows: readonly number[];
}

/** The parts of a program, in order, and the spare rows through which they pass values. */
export interface SplitProgram {
  readonly parts: readonly ProgramPart[];
  readonly spares: number;
}

const LONG: readonly OperationName[] = ['sigmoid', 'tanh', 'exp', 'log', 'softplus', 'erf'];

/** Whether an operation takes many instructions. */
export const isLong = (name: OperationName): boolean => LONG.includes(name);

/** A program is not divided when that makes more than so many times as many operations: parts may need the same values. */
const MOST_REPEATED = 2;

/**
 * Divides a program in which a long operation needs the results of others: a part for each long operation that needs no other
 * one, which puts its results into a spare row, then a part with all else and all stores. Less is computed at the same time,
 * so the compiler spills less, and more elements fit into the processor's queue.
 */
export function splitProgram(program: Program<RowAccess>): SplitProgram {
  const { loads, constants, operations, stores } = program;
  const first = loads.length + constants.length;
  const later = new Set<number>();
  const early: number[] = [];
  let isSplit = false;
  operations.forEach(({ name, inputs }, i) => {
    const isLater = inputs.some((input) => later.has(input));
    if (isLong(name) && isLater) isSplit = true;
    else if (isLong(name)) early.push(first + i);
    if (isLong(name) || isLater) later.add(first + i);
  });
  const own = stores.map((store, i) => ({ ...store, row: loads.length + i }));
  const whole = { parts: [{ program, rows: [...loads, ...stores].map((_, i) => i) }], spares: 0 };
  if (!isSplit) return whole;
  const spareOf = new Map(early.map((value, i) => [value, loads.length + stores.length + i]));
  const parts = early.map((value) =>
    partOf(program, [{ value, slot: {}, row: spareOf.get(value) as number }], new Map()),
  );
  parts.push(partOf(program, own, spareOf));
  const total = parts.reduce((sum, part) => sum + part.program.operations.length, 0);
  return total > MOST_REPEATED * operations.length ? whole : { parts, spares: early.length };
}

/** The part that some stores need; the values in `spareOf` are read from its rows. */
function partOf(
  { loads, constants, operations }: Program<RowAccess>,
  stores: readonly (Program<RowAccess>['stores'][number] & { readonly row: number })[],
  spareOf: ReadonlyMap<number, number>,
): ProgramPart {
  const first = loads.length + constants.length;
  const needed = new Set(stores.map(({ value }) => value));
  for (let i = operations.length - 1; i >= 0; i--) {
    if (!needed.has(first + i) || spareOf.has(first + i)) continue;
    for (const input of operations[i].inputs) needed.add(input);
  }
  const loaded = [...needed]
    .filter((value) => value < loads.length || spareOf.has(value))
    .sort((a, b) => a - b);
  const constant = [...needed].filter((value) => value >= loads.length && value < first);
  const computed = [...needed].filter((value) => value >= first && !spareOf.has(value)).sort((a, b) => a - b);
  const numbers = new Map([...loaded, ...constant, ...computed].map((value, number) => [value, number]));
  const numberOf = (value: number) => numbers.get(value) as number;
  return {
    program: {
      loads: loaded.map((value) => loads[value] ?? {}),
      constants: constant.map((value) => constants[value - loads.length]),
      operations: computed.map((value) => {
        const { name, inputs } = operations[value - first];
        return { name, inputs: inputs.map(numberOf) };
      }),
      stores: stores.map(({ value, slot }) => ({ value: numberOf(value), slot })),
    },
    rows: [...loaded.map((value) => spareOf.get(value) ?? value), ...stores.map(({ row }) => row)],
  };
}
