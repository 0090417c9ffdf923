/** Every factor with its levels. */
export type Factors = Readonly<Record<string, readonly unknown[]>>;
/** One level of every factor. */
export type Combination<F extends Factors> = { readonly [K in keyof F]: F[K][number] };

/**
 * Combinations in which any two levels of any two factors occur together at least once.
 *
 * Most faults need no more than two settings to meet (Kuhn, Wallace & Gallo 2004, "Software fault interactions and
 * implications for software testing", IEEE Trans. Softw. Eng. 30(6)), and such a covering is no larger than about the
 * product of the two largest factors. It is built greedily: take the first pair that has not met, then give every other
 * factor the level that meets most partners for the first time, or else the one that has met its partners least.
 */
export function pairwise<const F extends Factors>(factors: F): Combination<F>[] {
  const names = Object.keys(factors);
  const sizes = names.map((name) => factors[name].length);
  const meetings = new Map<string, number>();
  const key = (f: number, level: number, g: number, other: number) =>
    f < g ? `${f}:${level} ${g}:${other}` : `${g}:${other} ${f}:${level}`;
  const met = (f: number, level: number, g: number, other: number) =>
    meetings.get(key(f, level, g, other)) ?? 0;

  const complete = (row: (number | undefined)[]): number[] => {
    names.forEach((_, f) => {
      if (row[f] !== undefined) return;
      const cost = (level: number) =>
        row.reduce<number>((sum, other, g) => {
          const count = other === undefined ? 0 : met(f, level, g, other);
          return sum + (count === 0 ? 0 : OLD_MEETING + count);
        }, 0);
      const costs = Array.from({ length: sizes[f] }, (__, level) => cost(level));
      row[f] = costs.indexOf(Math.min(...costs));
    });
    return row as number[];
  };

  const rows: number[][] = [];
  for (let f = 0; f < names.length; f++) {
    for (let g = f + 1; g < names.length; g++) {
      for (let level = 0; level < sizes[f]; level++) {
        for (let other = 0; other < sizes[g]; other++) {
          if (met(f, level, g, other) > 0) continue;
          const row: (number | undefined)[] = names.map(() => undefined);
          row[f] = level;
          row[g] = other;
          rows.push(complete(row));
          countMeetings(rows[rows.length - 1]);
        }
      }
    }
  }
  return rows.map(
    (row) => Object.fromEntries(names.map((name, f) => [name, factors[name][row[f]]])) as Combination<F>,
  );

  function countMeetings(row: number[]): void {
    row.forEach((level, f) => {
      row.slice(f + 1).forEach((other, i) => {
        const pair = key(f, level, f + 1 + i, other);
        meetings.set(pair, (meetings.get(pair) ?? 0) + 1);
      });
    });
  }
}

/** More than any number of meetings, so that a first meeting counts more than all others together. */
const OLD_MEETING = 1e6;
