import { median } from './statistics.js';

/** A participant of the alternation. */
export interface Entrant {
  /** Makes calls for about this many seconds, at least one, and returns the time of each, in ms. */
  turn(seconds: number): Promise<number[]>;
}

/** The times of one entrant's calls, in ms, for each round, and the error that ended its turns, if any. */
export interface Times {
  readonly rounds: readonly (readonly number[])[];
  readonly failure?: string;
}

export interface AlternationOptions {
  /** Factor on the seconds of every turn; 0: one call a turn. */
  readonly timeScale?: number;
  /** Ends the measurement before the next turn. */
  readonly signal?: AbortSignal;
  /** Called before each turn with the entrant's place, from 0, and the round. */
  readonly onTurn?: (entrant: number, round: number) => void;
  /** Called after each round with all times. */
  readonly onRound?: (times: readonly Times[]) => void;
}

export const ROUNDS = 20;
/**
 * The wanted number of calls of a turn. The first call of a turn finds its data outside of the caches, so it must not be
 * the median.
 */
const CALLS_OF_A_TURN = 5;
const SHORTEST_TURN_SECONDS = 0.02;
const LONGEST_TURN_SECONDS = 0.5;

/**
 * An entrant skips the remaining rounds once it has these calls and these seconds. Calls below 0.03 s get every round.
 * Nine calls of a second keep the median steady when two or three are slow. Longer calls become fewer: three below 15 s,
 * two below 30 s. So an entrant with calls of up to 5 s ends after 15 s, and every entrant after 30 s and its last call.
 */
const ENOUGH: readonly { readonly calls: number; readonly seconds: number }[] = [
  { calls: 9, seconds: 3 },
  { calls: 3, seconds: 15 },
  { calls: 1, seconds: 30 },
];

/**
 * Measures entrants in alternation: in every round each has one turn, in the given order, and only one runs at a time.
 * So a machine that changes its speed changes it for all. An entrant whose turn fails keeps its earlier times.
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

/** The seconds of a turn whose calls take `call` seconds; the last call is finished. */
const turnSeconds = (call: number): number =>
  Math.min(LONGEST_TURN_SECONDS, Math.max(SHORTEST_TURN_SECONDS, CALLS_OF_A_TURN * call));

/** The expected seconds of all rounds, with calls of `call` seconds. */
export const roundsSeconds = (call: number): number =>
  Math.min(
    ROUNDS * Math.max(turnSeconds(call), call),
    ...ENOUGH.map(({ calls, seconds }) => Math.max(seconds, calls * call)),
  );

function hasEnough(durations: readonly number[]): boolean {
  const total = durations.reduce((sum, duration) => sum + duration, 0) / 1000;
  return ENOUGH.some(({ calls, seconds }) => durations.length >= calls && total >= seconds);
}
