/** Every factor with its levels. */
export type Factors = Readonly<Record<string, readonly unknown[]>>;
/** One level of every factor. */
export type Combination<F extends Factors> = { readonly [K in keyof F]: F[K][number] };

/**
 * Combinations in which any two levels of any two factors occur together at least once.
 *
 * Most faults need at most two settings (Kuhn, Wallace & Gallo 2004, "Software fault interactions and implications for
 * software testing", IEEE Trans. Softw. Eng. 30(6)). Such a covering array is about as large as the product of the two
 * largest factors. The algorithm is greedy: it takes the first pair that has not occurred, then gives every other factor
 * the level with most new pairs, or else the level whose pairs have occurred least.
 */
export function pairwise<const F extends Factors>(factors: F): Combination<F>[] {
  const names = Object.keys(factors);
  const sizes = names.map((name) => factors[name].length);
  const occurrences = new Map<string, number>();
  const key = (f: number, level: number, g: number, other: number) =>
    f < g ? `${f}:${level} ${g}:${other}` : `${g}:${other} ${f}:${level}`;
  const countOf = (f: number, level: number, g: number, other: number) =>
    occurrences.get(key(f, level, g, other)) ?? 0;

  const complete = (row: (number | undefined)[]): number[] => {
    names.forEach((_, f) => {
      if (row[f] !== undefined) return;
      const cost = (level: number) =>
        row.reduce<number>((sum, other, g) => {
          const count = other === undefined ? 0 : countOf(f, level, g, other);
          return sum + (count === 0 ? 0 : OLD_PAIR + count);
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
          if (countOf(f, level, g, other) > 0) continue;
          const row: (number | undefined)[] = names.map(() => undefined);
          row[f] = level;
          row[g] = other;
          rows.push(complete(row));
          countPairs(rows[rows.length - 1]);
        }
      }
    }
  }
  return rows.map(
    (row) => Object.fromEntries(names.map((name, f) => [name, factors[name][row[f]]])) as Combination<F>,
  );

  function countPairs(row: number[]): void {
    row.forEach((level, f) => {
      row.slice(f + 1).forEach((other, i) => {
        const pair = key(f, level, f + 1 + i, other);
        occurrences.set(pair, (occurrences.get(pair) ?? 0) + 1);
      });
    });
  }
}

/** The cost of a pair that has occurred. It is larger than any count, so that new pairs come first. */
const OLD_PAIR = 1e6;
