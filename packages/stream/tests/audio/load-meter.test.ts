import { describe, expect, test } from 'vitest';
import { type Clock, findClock, LoadMeter } from '../../src/audio/load-meter.js';

const [RATE, QUANTUM] = [16_000, 128];

/** Feeds a meter with quanta that take `busy` milliseconds each, at their times. Returns the numbers of its reports. */
function measure(kind: Pick<Clock, 'name' | 'step'>, quanta: number, busy: (quantum: number) => number) {
  let time = 1000.3;
  const now = kind.name === 'none' ? () => 0 : () => (kind.step === 0 ? time : Math.floor(time));
  const meter = new LoadMeter({ ...kind, now }, RATE);
  let reports = 0;
  for (let quantum = 0; quantum < quanta; quantum++) {
    const start = time;
    meter.begin(quantum * QUANTUM);
    time += busy(quantum);
    if (meter.end(QUANTUM)) reports++;
    // The next quantum begins 8 ms after this one, and a little: the phase of the clock changes.
    time = Math.max(time, start + (QUANTUM / RATE) * 1000 + 0.013);
  }
  return { meter, reports };
}

describe('the load', () => {
  test('is the part of the time that quanta take, twice a second', () => {
    const { meter, reports } = measure({ name: 'performance', step: 0 }, 630, () => 2);
    expect(meter.load).toBeCloseTo(25, 6);
    expect(reports).toBe(10);
    expect(meter.glitches).toBe(0);
  });

  test('follows a change', () => {
    const { meter } = measure({ name: 'performance', step: 0 }, 3000, (quantum) => (quantum < 1000 ? 1 : 4));
    expect(meter.load).toBeGreaterThan(45);
  });

  test('is right as a mean where the clock has whole milliseconds', () => {
    const { meter } = measure({ name: 'date', step: 1 }, 6000, () => 0.4);
    expect(meter.load).toBeGreaterThan(4);
    expect(meter.load).toBeLessThan(6);
  });

  test('is unknown without a clock', () => {
    const { meter, reports } = measure({ name: 'none', step: 0 }, 630, () => 2);
    expect(meter.load).toBeNaN();
    expect(reports).toBe(10);
  });
});

describe('glitches', () => {
  const slow = (quantum: number) => (quantum % 100 === 50 ? 9.5 : 1);

  test('are quanta that took longer than they last; a clock of milliseconds is believed beyond its step', () => {
    expect(measure({ name: 'performance', step: 0 }, 300, slow).meter.glitches).toBe(3);
    expect(measure({ name: 'date', step: 1 }, 300, () => 8).meter.glitches).toBe(0);
    expect(measure({ name: 'date', step: 1 }, 300, (quantum) => 3 * slow(quantum)).meter.glitches).toBe(3);
  });

  test('are quanta that the browser left out', () => {
    const meter = new LoadMeter({ name: 'none', step: 0, now: () => 0 }, RATE);
    for (const sample of [0, 128, 384, 512, 1024]) {
      meter.begin(sample);
      meter.end(QUANTUM);
    }
    expect(meter.glitches).toBe(2);
  });
});

test('the best clock that there is', () => {
  expect(findClock().name).toBe('performance');
  expect(findClock({ Date }).name).toBe('date');
  expect(findClock({ performance: {}, Date })).toMatchObject({ name: 'date', step: 1 });
  expect(findClock({})).toMatchObject({ name: 'none' });
});
