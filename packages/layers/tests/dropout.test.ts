import '@sluice/backend-cpu';
import * as tf from '@tensorflow/tfjs-core';
import { expect, test } from 'vitest';
import { gru, lstm, simpleRNN, sru } from '../src/index.js';

const size = 50;

/** A layer whose output is its input after dropout. */
const createTransparent = (args: { dropout: number; seed?: number }) =>
  simpleRNN({
    units: size,
    activation: 'linear',
    useBias: false,
    kernelInitializer: 'identity',
    recurrentInitializer: 'zeros',
    ...args,
  });

test('the same seed draws the same masks; setting `drawn` continues them', () => {
  const x = tf.ones([2, 1, size]);
  const call = (layer: ReturnType<typeof createTransparent>) =>
    Array.from((layer.apply(x, { training: true }) as tf.Tensor).dataSync());
  const [a, b] = [createTransparent({ dropout: 0.5, seed: 1 }), createTransparent({ dropout: 0.5, seed: 1 })];
  const calls = [call(a), call(a), call(a)];
  expect([call(b), call(b)]).toEqual(calls.slice(0, 2));
  expect(a.dropoutMasks.drawn).toBe(3);
  const resumed = createTransparent({ dropout: 0.5, seed: 1 });
  resumed.dropoutMasks.drawn = 2;
  expect(call(resumed)).toEqual(calls[2]);
  expect(call(createTransparent({ dropout: 0.5, seed: 2 }))).not.toEqual(calls[0]);
  expect(call(createTransparent({ dropout: 0.5 }))).not.toEqual(call(createTransparent({ dropout: 0.5 })));
});

test('one recurrent mask is drawn for every block of the recurrent kernel', () => {
  const counts = [gru, lstm, simpleRNN].map((make) => {
    const layer = make({ units: 2, recurrentDropout: 0.5, dropout: 0.5 });
    layer.apply(tf.ones([1, 2, 3]), { training: true });
    return layer.dropoutMasks.drawn;
  });
  expect(counts).toEqual([1 + 3, 1 + 4, 1 + 1]);
});

test('rates out of range are refused', () => {
  expect(() => gru({ units: 2, dropout: 1 })).toThrow('dropout must be at least 0 and below 1, but is 1');
  expect(() => gru({ units: 2, recurrentDropout: -0.1 })).toThrow('recurrentDropout must be at least 0');
  expect(() => sru({ units: 2, recurrentDropout: 0.1 }).build([null, null, 2])).toThrow(
    "the cell 'sru' has no recurrent kernel; use dropout instead",
  );
});
