/** One of those that are measured in turn. */
export interface Entrant {
  /** Makes calls one after another for about as many seconds, at least one, and returns what each took, in ms. */
  turn(seconds: number): Promise<number[]>;
}

/** The times of one entrant's calls, in ms, in order; why it stopped early, if it did. */
export interface Times {
  readonly durations: readonly number[];
  readonly failure?: string;
}

const ROUNDS = 20;
/** A turn is at least one call; short calls repeat, so that caches are warm as in a program that makes many. */
const TURN_SECONDS = 0.02;
/** An entrant with this many calls and seconds sits out the remaining rounds, … */
const ENOUGH_CALLS = 3;
const ENOUGH_SECONDS = 3;
/** … and with this many seconds in any case. */
const MOST_SECONDS = 15;

/**
 * Measures entrants in alternation: in every round each has one turn, in the given order, and only one runs at a time.
 * So a machine that slows down or wakes up meets all alike. An entrant whose turn fails keeps the times it has.
 *
 * @param signal ends the measurement before the next turn.
 * @param onTurn told before each turn which entrant comes, counted from 0, and the number of the round.
 */
export async function alternate(
  entrants: readonly Entrant[],
  { signal, onTurn }: { signal?: AbortSignal; onTurn?: (entrant: number, round: number) => void } = {},
): Promise<Times[]> {
  const times = entrants.map(() => ({ durations: [] as number[], failure: undefined as string | undefined }));
  for (let round = 0; round < ROUNDS; round++) {
    for (const [i, entrant] of entrants.entries()) {
      if (signal?.aborted) return times;
      const own = times[i];
      if (own.failure !== undefined || hasEnough(own.durations)) continue;
      onTurn?.(i, round);
      try {
        own.durations.push(...(await entrant.turn(TURN_SECONDS)));
      } catch (error) {
        own.failure = (error as Error).message;
      }
    }
  }
  return times;
}

function hasEnough(durations: readonly number[]): boolean {
  const seconds = durations.reduce((sum, duration) => sum + duration, 0) / 1000;
  return seconds >= MOST_SECONDS || (seconds >= ENOUGH_SECONDS && durations.length >= ENOUGH_CALLS);
}

/** The middle value, or the mean of the two middle ones; NaN of nothing. */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}
