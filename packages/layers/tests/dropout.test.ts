import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, test } from 'vitest';
import { gru, lstm, simpleRNN, sru } from '../src/index.js';
import { BACKENDS } from './backends.js';

const [batch, timesteps, size] = [40, 3, 50];

/** A layer whose output is its (dropped) input plus `recurrent` times its (dropped) state. */
function transparent(
  recurrent: number,
  args: { dropout?: number; recurrentDropout?: number; seed?: number },
) {
  const layer = simpleRNN({
    units: size,
    activation: 'linear',
    useBias: false,
    kernelInitializer: 'identity',
    recurrentInitializer: { className: 'Identity', config: { gain: recurrent } },
    returnSequences: true,
    ...args,
  });
  layer.build([null, null, size]);
  return layer;
}

const share = (values: number[], wanted: (value: number) => boolean) =>
  values.filter(wanted).length / values.length;

describe.each(BACKENDS)('on %s', (backend) => {
  beforeAll(async () => {
    await tf.setBackend(backend);
  });

  test('input dropout: its share, its scale, one mask for all steps, a new one for every call', () => {
    const layer = transparent(0, { dropout: 0.25, seed: 3 });
    const x = tf.ones([batch, timesteps, size]);
    const [first, second] = [0, 1].map(() => (layer.apply(x, { training: true }) as tf.Tensor3D).arraySync());
    const values = first.flatMap((steps) => steps[0]);
    // Five standard deviations of the share of 2,000 draws.
    expect(Math.abs(share(values, (value) => value === 0) - 0.25)).toBeLessThan(
      5 * Math.sqrt((0.25 * 0.75) / 2000),
    );
    expect(values.every((value) => value === 0 || Math.abs(value - 4 / 3) < 1e-6)).toBe(true);
    for (const steps of first) for (const step of steps) expect(step).toEqual(steps[0]);
    expect(first[0][0]).not.toEqual(first[1][0]);
    expect(second).not.toEqual(first);
  });

  test('recurrent dropout: its share and scale, on the state alone', () => {
    const layer = transparent(1, { recurrentDropout: 0.5, seed: 4 });
    const zeros = tf.zeros([batch, 2, size]);
    const initialState = tf.ones([batch, size]);
    const outputs = (layer.apply(zeros, { initialState, training: true }) as tf.Tensor3D).arraySync();
    const once = outputs.flatMap(([step]) => step);
    expect(Math.abs(share(once, (value) => value === 0) - 0.5)).toBeLessThan(5 * Math.sqrt(0.25 / 2000));
    expect(once.every((value) => value === 0 || value === 2)).toBe(true);
    // The same mask at the second step: what was kept is doubled again, what was dropped stays away.
    const twice = outputs.flatMap(([, step]) => step);
    expect(twice).toEqual(once.map((value) => value * 2));
  });

  test('acts while training only', () => {
    const layer = transparent(0, { dropout: 0.5, recurrentDropout: 0.5 });
    const x = tf.ones([1, 1, size]);
    for (const kwargs of [undefined, { training: false }]) {
      expect(Array.from((layer.apply(x, kwargs) as tf.Tensor).dataSync())).toEqual(new Array(size).fill(1));
    }
  });
});

test('the seed repeats the masks; the count of drawn masks continues them', () => {
  const x = tf.ones([2, 1, size]);
  const call = (layer: ReturnType<typeof transparent>) =>
    Array.from((layer.apply(x, { training: true }) as tf.Tensor).dataSync());
  const [a, b] = [transparent(0, { dropout: 0.5, seed: 1 }), transparent(0, { dropout: 0.5, seed: 1 })];
  const calls = [call(a), call(a), call(a)];
  expect([call(b), call(b)]).toEqual(calls.slice(0, 2));
  expect(a.dropoutMasks.drawn).toBe(3);
  const resumed = transparent(0, { dropout: 0.5, seed: 1 });
  resumed.dropoutMasks.drawn = 2;
  expect(call(resumed)).toEqual(calls[2]);
  expect(call(transparent(0, { dropout: 0.5, seed: 2 }))).not.toEqual(calls[0]);
  expect(call(transparent(0, { dropout: 0.5 }))).not.toEqual(call(transparent(0, { dropout: 0.5 })));
});

test('a recurrent mask for every block of the recurrent kernel', () => {
  const counts = [gru, lstm, simpleRNN].map((make) => {
    const layer = make({ units: 2, recurrentDropout: 0.5, dropout: 0.5 });
    layer.apply(tf.ones([1, 2, 3]), { training: true });
    return layer.dropoutMasks.drawn;
  });
  expect(counts).toEqual([1 + 3, 1 + 4, 1 + 1]);
});

test('rates that cannot be', () => {
  expect(() => gru({ units: 2, dropout: 1 })).toThrow('dropout must be at least 0 and below 1, but is 1');
  expect(() => gru({ units: 2, recurrentDropout: -0.1 })).toThrow('recurrentDropout must be at least 0');
  expect(() => sru({ units: 2, recurrentDropout: 0.1 }).build([null, null, 2])).toThrow(
    "the cell 'sru' has no recurrent kernel; use dropout instead",
  );
});
