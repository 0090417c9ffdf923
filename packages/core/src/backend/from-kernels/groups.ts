/**
 * How many numbers the results of a group's products may have: 640 kB, so that they are still in a cache near the processor
 * when they are read.
 */
const NUMBERS = 160_000;

/** Neighbouring rows of a batch that are worked on together. */
export interface Group {
  readonly first: number;
  readonly count: number;
}

/**
 * Cuts a batch into groups. A loop that contains products needs all rows at once, to make those worth while; one that is a
 * single program does not, and then small groups keep the data near.
 *
 * @param oneProgram whether a whole time loop is run in one go and is a single program, and a group's rows are neighbours.
 * @param numbersPerRow how many numbers a row's products have as results.
 */
export function groupsOf(batch: number, oneProgram: boolean, numbersPerRow: number): Group[] {
  const size = oneProgram ? Math.min(batch, Math.max(1, Math.floor(NUMBERS / numbersPerRow))) : batch;
  return Array.from({ length: Math.ceil(batch / size) }, (_, i) => ({
    first: i * size,
    count: Math.min(size, batch - i * size),
  }));
}
