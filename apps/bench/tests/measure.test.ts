import { describe, expect, test } from 'vitest';
import { alternate, type Entrant, median } from '../src/measure.js';

describe('median', () => {
  test('is the middle value, or the mean of the two middle ones', () => {
    expect(median([3, 1, 2])).toBe(2);
    expect(median([10, 1, 3, 2])).toBe(2.5);
    expect(median([7])).toBe(7);
  });

  test('leaves the values as they are', () => {
    const values = [3, 1, 2];
    median(values);
    expect(values).toEqual([3, 1, 2]);
  });

  test('of nothing is NaN', () => {
    expect(median([])).toBeNaN();
  });
});

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
    expect(times[1].durations).toEqual(Array(order.length / 3).fill(2));
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

  test('lets slow entrants sit out once they have enough', async () => {
    const { entrants, order } = recorded(1, 1_500, 40_000);
    await alternate(entrants);
    expect(count(order, 0)).toBe(20);
    expect(count(order, 1)).toBe(3);
    expect(count(order, 2)).toBe(1);
    expect(order.slice(0, 6)).toEqual([0, 1, 2, 0, 1, 0]);
  });

  test('keeps the times of an entrant that fails, and goes on with the others', async () => {
    const { entrants, order } = recorded(1, 1);
    const failing: Entrant = {
      turn: async () => {
        if (count(order, 0) > 2) throw new Error('out of memory');
        return [5];
      },
    };
    const times = await alternate([...entrants, failing]);
    expect(times[2]).toEqual({ durations: [5, 5], failure: 'out of memory' });
    expect(times[0].durations.length).toBe(20);
  });

  test('ends before the next turn when it is told to', async () => {
    const { entrants, order } = recorded(1, 1);
    const interruption = new AbortController();
    const onTurn = (_: number, round: number) => {
      if (round === 2) interruption.abort();
    };
    const times = await alternate(entrants, { signal: interruption.signal, onTurn });
    expect(order).toEqual([0, 1, 0, 1, 0]);
    expect(times.map(({ durations }) => durations.length)).toEqual([3, 2]);
  });
});
