/** How the new states and the output of a random cell are drawn, from all rows that nothing has used. */
import type { Drawing } from './drawing.js';

/** A row of `width` numbers, made of a given one. */
export function fitted(draw: Drawing, row: number, width: number): number {
  const { width: given, low, high, gain } = draw.of(row);
  if (given === width) return row;
  const numbers = { width, low, high, gain };
  const ways: (() => number)[] = [() => draw.product(row, width)];
  if (given > width) {
    const start = draw.random.integer(0, given - width);
    ways.push(() => draw.call('slice', [{ row }, start, width], numbers));
    ways.push(() => draw.call('slice', [{ row }, draw.pick([0, given - width]), width], numbers));
  }
  if (given % width === 0) {
    ways.push(() => draw.call('mean', [{ row }, width], numbers));
    if (draw.of(row).varies) ways.push(() => draw.call('max', [{ row }, width], numbers));
    const pick = draw.random.integer(0, given / width - 1);
    ways.push(() => draw.call('split', [{ row }, given / width], numbers, pick));
  }
  if (width % given === 0) {
    ways.push(() => draw.call('tile', [{ row }, width / given], numbers));
    ways.push(() => draw.call('repeat', [{ row }, width / given], numbers));
  }
  return draw.pick(ways)();
}

/** The sum of rows of several lengths, as a row of `width` numbers, or of one where all are. */
function sumOf(draw: Drawing, rows: readonly number[], width: number): number {
  const [first, ...others] = rows.map((row) =>
    draw.widthOf(row) === 1 && draw.chance(0.5) ? row : draw.tame(fitted(draw, row, width)),
  );
  return others.reduce((sum, row) => {
    const [a, b] = [draw.of(sum), draw.of(row)];
    const added = draw.call('.add', [{ row: sum }, { row }], {
      width: Math.max(a.width, b.width),
      low: a.low + b.low,
      high: a.high + b.high,
      gain: a.gain + b.gain,
    });
    return draw.tame(added);
  }, first);
}

const bounded = (draw: Drawing, row: number): number => {
  const { width, gain } = draw.of(row);
  const word = draw.pick(['tanh', 'tanh', 'sigmoid', 'softsign'] as const);
  const given = word === 'softsign' ? draw.shifted(row) : row;
  return draw.call(word, [{ row: given }], { width, low: -1, high: 1, gain });
};

/** The states' numbers stay below this from step to step. */
const MOST = 1.1;
const MOST_GAIN = 1;

/** The new row of a state. */
export function newState(draw: Drawing, state: number, sinks: readonly number[]): number {
  const { width } = draw.of(state);
  const made = sumOf(draw, sinks.length > 0 ? sinks : [draw.any()], width);
  const candidate = draw.tame(bounded(draw, made), MOST, MOST_GAIN);
  const way = draw.random.next();
  // A row of one number stands for the state's row.
  if (draw.widthOf(candidate) !== width && draw.chance(0.5)) return fitted(draw, candidate, width);
  if (way < 0.3) return candidate;
  if (way < 0.5) return leaky(draw, state, candidate);
  if (way < 0.7) return gated(draw, state, candidate);
  const divisors = [2, 3, 4].filter((parts) => width % parts === 0);
  if (way < 0.85 && divisors.length > 0) return shiftedWindow(draw, state, candidate, draw.pick(divisors));
  if (draw.widthOf(made) === width && draw.of(made).row.kind === 'product')
    return draw.tame(made, MOST, MOST_GAIN);
  return candidate;
}

/** A part of the state and a part of the new row. */
function leaky(draw: Drawing, state: number, row: number): number {
  const kept = draw.scale(state, 0.5);
  const { width } = draw.of(state);
  return draw.call('.add', [{ row: kept }, { row: draw.scale(row, 0.45) }], {
    ...{ width, low: -MOST, high: MOST, gain: MOST_GAIN },
  });
}

/** `z h + (1 − z) n` */
function gated(draw: Drawing, state: number, row: number): number {
  const { width } = draw.of(state);
  const numbers = { width, low: 0, high: 1, gain: MOST_GAIN };
  const gate = draw.call('sigmoid', [{ row: draw.product(draw.any(), width) }], numbers);
  const rest = draw.call('.oneMinus', [{ row: gate }], numbers);
  const ranged = { width, low: -MOST, high: MOST, gain: MOST_GAIN };
  const kept = draw.call('.mul', [{ row: gate }, { row: state }], ranged);
  return draw.call(
    '.add',
    [{ row: kept }, { row: draw.call('.mul', [{ row: rest }, { row }], ranged) }],
    ranged,
  );
}

/** The last parts of the state, and a new one behind them. */
function shiftedWindow(draw: Drawing, state: number, row: number, parts: number): number {
  const { width } = draw.of(state);
  const numbers = { low: -MOST, high: MOST, gain: MOST_GAIN };
  const kept = Array.from({ length: parts - 1 }, (_, i) =>
    draw.call('split', [{ row: state }, parts], { width: width / parts, ...numbers }, i + 1),
  );
  const next = draw.tame(fitted(draw, row, width / parts), MOST, MOST_GAIN);
  return draw.call(
    'concat',
    [...kept, next].map((part) => ({ row: part })),
    { width, ...numbers },
  );
}

const MOST_JOINED = 20;

/** The output: rows put together, their sum or one of them. */
export function newOutput(draw: Drawing, sinks: readonly number[]): number {
  const rows = sinks.length > 0 ? sinks : [draw.any()];
  const width = rows.reduce((sum, row) => sum + draw.widthOf(row), 0);
  if (rows.length > 1 && width <= MOST_JOINED && draw.chance(0.5)) {
    return draw.call(
      'concat',
      rows.map((row) => ({ row })),
      { width, low: 0, high: 0, gain: 1 },
    );
  }
  return sumOf(draw, rows, draw.widthOf(draw.pick(rows)));
}
