import { median } from './statistics.js';

/** One of those that are measured in turn. */
export interface Entrant {
  /** Makes calls one after another for about as many seconds, at least one, and returns what each took, in ms. */
  turn(seconds: number): Promise<number[]>;
}

/** The times of one entrant's calls, in ms, for each round from the first; why it stopped early, if it did. */
export interface Times {
  readonly rounds: readonly (readonly number[])[];
  readonly failure?: string;
}

export interface AlternationOptions {
  /** Factor on the seconds of every turn; 0: one call a turn. */
  readonly timeScale?: number;
  /** Ends the measurement before the next turn. */
  readonly signal?: AbortSignal;
  /** Told before each turn which entrant comes, counted from 0, and the number of the round. */
  readonly onTurn?: (entrant: number, round: number) => void;
  /** Told all times after each round. */
  readonly onRound?: (times: readonly Times[]) => void;
}

export const ROUNDS = 20;
/**
 * A turn is at least one call. Where there is time it is several: the first of them finds caches, and perhaps a processor, that others
 * had before, and must not be the median.
 */
const CALLS_OF_A_TURN = 5;
const SHORTEST_TURN_SECONDS = 0.02;
const LONGEST_TURN_SECONDS = 0.5;

/**
 * Whoever has so many calls and so many seconds sits out the remaining rounds, by the first of these rules that holds.
 * Calls below 0.03 s get every round. A call of a second is made nine times, so that two or three slow ones do not move
 * the median far. Longer ones become fewer, but are three below 15 s, two below 30 s. Therefore an entrant whose calls
 * take up to 5 s is done after 15 s, and every entrant after 30 s, and the rest of the call it is in.
 */
const ENOUGH: readonly { readonly calls: number; readonly seconds: number }[] = [
  { calls: 9, seconds: 3 },
  { calls: 3, seconds: 15 },
  { calls: 1, seconds: 30 },
];

/**
 * Measures entrants in alternation: in every round each has one turn, in the given order, and only one runs at a time.
 * So a machine that slows down or wakes up meets all alike. An entrant whose turn fails keeps the times it has.
 */
export async function alternate(
  entrants: readonly Entrant[],
  { timeScale = 1, signal, onTurn, onRound }: AlternationOptions = {},
): Promise<Times[]> {
  const times = entrants.map(() => ({ rounds: [] as number[][], failure: undefined as string | undefined }));
  for (let round = 0; round < ROUNDS; round++) {
    for (const [i, entrant] of entrants.entries()) {
      if (signal?.aborted) return times;
      const own = times[i];
      if (own.failure !== undefined || hasEnough(own.rounds.flat())) continue;
      onTurn?.(i, round);
      const before = own.rounds.at(-1);
      try {
        const seconds = turnSeconds(before ? median(before) / 1000 : 0);
        own.rounds.push(await entrant.turn(timeScale * seconds));
      } catch (error) {
        own.failure = (error as Error).message;
      }
    }
    onRound?.(times);
  }
  return times;
}

/** For how long calls of so many seconds are made in a turn; a call that has begun is finished. */
const turnSeconds = (call: number): number =>
  Math.min(LONGEST_TURN_SECONDS, Math.max(SHORTEST_TURN_SECONDS, CALLS_OF_A_TURN * call));

/** The seconds that rounds of calls of so many seconds take, about. */
export const roundsSeconds = (call: number): number =>
  Math.min(
    ROUNDS * Math.max(turnSeconds(call), call),
    ...ENOUGH.map(({ calls, seconds }) => Math.max(seconds, calls * call)),
  );

function hasEnough(durations: readonly number[]): boolean {
  const total = durations.reduce((sum, duration) => sum + duration, 0) / 1000;
  return ENOUGH.some(({ calls, seconds }) => durations.length >= calls && total >= seconds);
}
