import { describe, expect, test } from 'vitest';
import { alternate, type Entrant } from '../src/run/alternate.js';

/** Entrants whose turns take the given milliseconds, and the order in which their turns came. */
function recorded(...durations: number[]): { entrants: Entrant[]; order: number[] } {
  const order: number[] = [];
  const entrants = durations.map((duration, i) => ({
    turn: async () => {
      order.push(i);
      return [duration];
    },
  }));
  return { entrants, order };
}

const count = (order: readonly number[], entrant: number) => order.filter((each) => each === entrant).length;

describe('alternate', () => {
  test('gives every entrant one turn in every round', async () => {
    const { entrants, order } = recorded(1, 2, 3);
    const times = await alternate(entrants);
    expect(order.length).toBeGreaterThan(30);
    order.forEach((entrant, i) => {
      expect(entrant).toBe(i % 3);
    });
    expect(times[1].rounds).toEqual(Array(order.length / 3).fill([2]));
  });

  test('never has two turns at the same time', async () => {
    let running = 0;
    const turn = async () => {
      running += 1;
      expect(running).toBe(1);
      await new Promise((resolve) => setTimeout(resolve, 1));
      running -= 1;
      return [1];
    };
    const times = await alternate([{ turn }, { turn }]);
    expect(times.every(({ failure }) => failure === undefined)).toBe(true);
  });

  test('leaves out slow entrants after enough calls', async () => {
    const { entrants, order } = recorded(100, 1_000, 10_000, 40_000);
    await alternate(entrants);
    expect(entrants.map((_, i) => count(order, i))).toEqual([20, 9, 3, 1]);
    expect(order.slice(0, 9)).toEqual([0, 1, 2, 3, 0, 1, 2, 0, 1]);
  });

  test.each([
    [200, 15],
    [1_500, 9],
    [2_500, 6],
    [5_000, 3],
    [14_000, 3],
    [29_000, 2],
  ])('gives an entrant whose calls take %i ms %i of them', async (milliseconds, calls) => {
    const { entrants, order } = recorded(milliseconds);
    await alternate(entrants);
    expect(order.length).toBe(calls);
  });

  test.each([
    [1, [0.02, 0.25, 0.25]],
    [0.5, [0.01, 0.125, 0.125]],
    [0, [0, 0, 0]],
  ])('gives turns of calls of 50 ms their seconds, times %d', async (timeScale, expected) => {
    const asked: number[] = [];
    const turn = async (seconds: number) => {
      asked.push(seconds);
      return [50];
    };
    await alternate([{ turn }], { timeScale });
    expect(asked.length).toBe(20);
    expect(asked.slice(0, 3)).toEqual(expected);
  });

  test('keeps the calls of each round apart', async () => {
    let round = 0;
    const times = await alternate([{ turn: async () => Array(++round).fill(round) }]);
    expect(times[0].rounds.slice(0, 3)).toEqual([[1], [2, 2], [3, 3, 3]]);
  });

  test('reports all times after each round', async () => {
    const { entrants } = recorded(1, 2);
    const told: number[][] = [];
    await alternate(entrants, { onRound: (times) => told.push(times.map(({ rounds }) => rounds.length)) });
    expect(told.slice(0, 2)).toEqual([
      [1, 1],
      [2, 2],
    ]);
    expect(told.length).toBe(20);
  });

  test('keeps the times of an entrant that fails and continues with the others', async () => {
    const { entrants, order } = recorded(1, 1);
    const failing: Entrant = {
      turn: async () => {
        if (count(order, 0) > 2) throw new Error('out of memory');
        return [5];
      },
    };
    const times = await alternate([...entrants, failing]);
    expect(times[2]).toEqual({ rounds: [[5], [5]], failure: 'out of memory' });
    expect(times[0].rounds.length).toBe(20);
  });

  test('ends before the next turn after the signal', async () => {
    const { entrants, order } = recorded(1, 1);
    const interruption = new AbortController();
    const onTurn = (_: number, round: number) => {
      if (round === 2) interruption.abort();
    };
    const times = await alternate(entrants, { signal: interruption.signal, onTurn });
    expect(order).toEqual([0, 1, 0, 1, 0]);
    expect(times.map(({ rounds }) => rounds.length)).toEqual([3, 2]);
  });
});
