import { cells, planFor, referenceForward } from '@sluice/core';
import {
  activate,
  add,
  averagePool,
  type Block,
  bidirectional,
  concatenate,
  conv1d,
  dense,
  depthwiseConv1d,
  istft,
  layerNorm,
  magnitude,
  maxPool,
  multiply,
  network,
  recurrent,
  reshape,
  type Signal,
  scale,
  stft,
} from '@sluice/core/network';
import { describe, expect, test } from 'vitest';
import { compileStream, createStream } from '../src/index.js';
import { expectClose, numbers, runBoth, weightsOf } from './problem.js';

/** A network of one block on frames of 8 positions with 3 channels. */
const of = (block: Block) =>
  network({
    name: 'block',
    inputSize: 24,
    build: (x, use) => use('block', block, use('shape', reshape(8), x)),
  });

const BLOCKS: Record<string, Block> = {
  dense: dense({ units: 5, activation: 'tanh' }),
  'valid convolution': conv1d({ filters: 4, kernelSize: 3, strides: 2 }),
  'same convolution': conv1d({ filters: 4, kernelSize: 4, padding: 'same', activation: 'relu' }),
  'padded convolution': conv1d({ filters: 4, kernelSize: 3, padding: [1, 1], strides: 2 }),
  'dilated convolution': conv1d({ filters: 4, kernelSize: 3, dilation: 2, useBias: false }),
  'causal convolution': conv1d({ filters: 4, kernelSize: 3, padding: 'causal' }),
  'causal dilated convolution': conv1d({ filters: 4, kernelSize: 3, dilation: 5, padding: 'causal' }),
  'causal depthwise convolution': depthwiseConv1d({ kernelSize: 3, padding: 'causal' }),
  'depthwise convolution': depthwiseConv1d({ kernelSize: 3 }),
  recurrent: recurrent({ cell: cells.gru(), units: 6 }),
  'recurrent, frame by frame': recurrent({
    cell: cells.lstm(),
    units: 6,
    carry: false,
    returnSequences: false,
  }),
  bidirectional: bidirectional({ cell: cells.gru({ resetAfter: true }), units: 5 }),
  'layer normalisation': layerNorm(),
  scale: scale(),
  'largest of all': maxPool(),
  'means of pairs': averagePool({ size: 2 }),
  activation: activate('sigmoid'),
};

describe.each(['wasm', 'cpu'] as const)('blocks on %s', (backend) => {
  test.each(Object.keys(BLOCKS))('%s', async (name) => {
    const { actual, expected } = await runBoth(of(BLOCKS[name]), backend);
    expectClose(actual, expected);
  });
});

/** Runs a network of float64 reference on frames, for comparison with plain loops. */
async function outputs(
  net: ReturnType<typeof of>,
  weights: Record<string, Float32Array>,
  frames: Float32Array,
) {
  const stream = await createStream(net, { weights });
  const results: number[] = [];
  for (let at = 0; at < frames.length; at += stream.inputSize) {
    results.push(...stream.process(frames.subarray(at, at + stream.inputSize)));
  }
  return results;
}

describe('blocks compute what plain loops compute', () => {
  const [positions, channels, filters, kernelSize] = [8, 3, 4, 3];

  test('a causal, dilated, strided convolution over two frames', async () => {
    const [dilation, strides] = [2, 2];
    const net = of(conv1d({ filters, kernelSize, dilation, strides, padding: 'causal' }));
    const weights = weightsOf(net, 5);
    const [kernel, bias] = [weights['block.kernel'], weights['block.bias']];
    const x = numbers(6)(2 * positions * channels);
    const expected: number[] = [];
    for (let position = 0; position < 2 * positions; position += strides) {
      for (let filter = 0; filter < filters; filter++) {
        let sum = bias[filter];
        for (let k = 0; k < kernelSize; k++) {
          const from = position - (kernelSize - 1 - k) * dilation;
          for (let c = 0; c < channels && from >= 0; c++) {
            sum += x[from * channels + c] * kernel[(k * channels + c) * filters + filter];
          }
        }
        expected.push(sum);
      }
    }
    expectClose(await outputs(net, weights, x), expected);
  });

  test('a same convolution with an even kernel pads as Keras does: more behind', async () => {
    const net = of(conv1d({ filters, kernelSize: 4, padding: 'same', useBias: false }));
    const weights = weightsOf(net, 5);
    const kernel = weights['block.kernel'];
    const x = numbers(6)(positions * channels);
    const expected: number[] = [];
    for (let position = 0; position < positions; position++) {
      for (let filter = 0; filter < filters; filter++) {
        let sum = 0;
        for (let k = 0; k < 4; k++) {
          const from = position - 1 + k;
          for (let c = 0; c < channels && from >= 0 && from < positions; c++) {
            sum += x[from * channels + c] * kernel[(k * channels + c) * filters + filter];
          }
        }
        expected.push(sum);
      }
    }
    expectClose(await outputs(net, weights, x), expected);
  });

  test('the transform of a sine has its magnitude in one bin, and the inverse with overlap gives it back', async () => {
    const [frameLength, hop, frames] = [32, 8, 12];
    const net = network({
      name: 'spectrum',
      inputSize: hop,
      build: (x, use) =>
        use('inverse', istft({ frameLength, hop }), use('stft', stft({ frameLength, hop }), x)),
    });
    const x = Float32Array.from({ length: hop * frames }, (_, n) =>
      Math.sin((2 * Math.PI * 4 * n) / frameLength),
    );
    const y = await outputs(net, {}, x);
    // Four Hann windows overlap: their sum is 2. A sample is finished three hops after it came in.
    const delay = frameLength - hop;
    const settled = y.slice(frameLength);
    expectClose(
      settled,
      settled.map((_, n) => 2 * x[frameLength + n - delay]),
    );
    const amplitude = network({
      name: 'amplitude',
      inputSize: hop,
      build: (s, use) => use('magnitude', magnitude(), use('stft', stft({ frameLength, hop }), s)),
    });
    const last = (await outputs(amplitude, {}, x)).slice(-(frameLength / 2 + 1));
    expectClose(
      last,
      last.map((_, bin) => ({ 3: frameLength / 8, 4: frameLength / 4, 5: frameLength / 8 })[bin] ?? 0),
      1e-5,
    );
  });
});

test('a network as a cell keeps its fixed numbers', () => {
  const inner = network({
    name: 'inner',
    inputSize: 4,
    build: (x, use) => use('stft', stft({ frameLength: 4, hop: 4 }), x),
  });
  const outer = network({
    name: 'outer',
    inputSize: 8,
    build: (x, use) =>
      use('steps', recurrent({ cell: inner, units: inner.sizes.units }), use('shape', reshape(2), x)),
  });
  expect([...outer.fixed.keys()]).toEqual(['steps.stft.transform']);
});

describe('a whole network', () => {
  const whole = network({
    name: 'whole',
    inputSize: 32,
    build: (x, use) => {
      const samples: Signal = use('samples', reshape(32), x);
      const encoded = use(
        'encode',
        conv1d({ filters: 6, kernelSize: 8, strides: 4, padding: 'causal' }),
        samples,
      );
      const wide = use(
        'wide',
        conv1d({ filters: 6, kernelSize: 3, padding: 'causal', activation: 'relu' }),
        encoded,
      );
      const skip = add(encoded, wide);
      const memory = use('gru', recurrent({ cell: cells.gru(), units: 7 }), skip);
      const mask = use('mask', dense({ units: 6, activation: 'sigmoid' }), concatenate(memory, skip));
      return use('out', dense({ units: 4 }), multiply(mask, skip));
    },
  });

  test.each(['wasm', 'cpu'] as const)('on %s', async (backend) => {
    const { actual, expected } = await runBoth(whole, backend, { frames: 8 });
    expectClose(actual, expected);
  });

  test('is a cell: a batch of frames in one sequence', () => {
    const plan = planFor(whole, whole.sizes);
    expect(plan.states).toEqual(['encode.past', 'wide.past', 'gru.h']);
    expect(plan.outputWidth).toBe(8 * 4);
    const parameters = plan.parameters.map(({ shape }) => new Float64Array(shape.reduce((a, b) => a * b)));
    const { sequence } = referenceForward(plan, {
      ...{ batch: 2, timesteps: 3, x: new Float64Array(2 * 3 * 32), parameters },
    });
    expect(sequence.length).toBe(2 * 3 * 32);
  });
});

test.each(['causal', 'same'] as const)(
  'overlapping windows of single samples copy nothing: %s',
  (padding) => {
    const net = network({
      name: 'samples',
      inputSize: 160,
      build: (x, use) => {
        const samples = use(
          'samples',
          conv1d({ filters: 1, kernelSize: 2, padding: 'same' }),
          x.reshape(160),
        );
        return use('windows', conv1d({ filters: 16, kernelSize: 16, padding }), samples);
      },
    });
    // With copies of 16 samples for each of the 160 windows, it has 213 kB.
    const { module } = compileStream(net, weightsOf(net, 1));
    expect((module as Uint8Array).length).toBeLessThan(80_000);
  },
);

describe('mistakes in a network are named', () => {
  const build = (make: Parameters<typeof network>[0]['build']) => () =>
    network({ name: 'net', inputSize: 6, build: make });

  test.each([
    [
      'a repeated name',
      build((x, use) => use('a', dense({ units: 2 }), use('a', dense({ units: 2 }), x))),
      /two blocks named 'a'/,
    ],
    ['no signal', build(() => undefined as never), /must return a signal/],
    [
      'a kernel that is too long',
      build((x, use) => use('c', conv1d({ filters: 1, kernelSize: 3 }), x)),
      /reaches over 3 positions/,
    ],
    [
      'positions that do not divide',
      build((x, use) => use('r', reshape(4), x)),
      /6 numbers cannot be divided into 4/,
    ],
    [
      'a state without a new row',
      build((x, use) =>
        use(
          's',
          (input, scope) => {
            scope.state('h', 2);
            return input;
          },
          x,
        ),
      ),
      /'s\.h' has no row/,
    ],
    [
      'no block',
      build((x, use) => use('d', x as never, x)),
      /takes a block, .* but was given a signal and a signal/,
    ],
    [
      'no input',
      build((_, use) => use('d', dense({ units: 1 }), undefined as never)),
      /but was given function and undefined/,
    ],
    [
      'no units',
      build((x, use) => use('d', dense({} as never), x)),
      /dense: units must be .* but is undefined/,
    ],
    [
      'an unknown padding',
      build((x, use) => use('c', conv1d({ filters: 1, kernelSize: 1, padding: 'SAME' as never }), x)),
      /padding must be 'valid'.* but is "SAME"/,
    ],
    [
      'frames that the strides of a causal convolution do not divide',
      build((x, use) =>
        use('c', conv1d({ filters: 1, kernelSize: 2, strides: 4, padding: 'causal' }), x.reshape(6)),
      ),
      /strides of 4 needs frames of a multiple .* not of 6/,
    ],
    [
      'an unknown window',
      build((x, use) => use('s', stft({ frameLength: 6, window: 'hamming' as never }), x)),
      /but is 'hamming'/,
    ],
    [
      'a parameter twice',
      build((x, use) =>
        use(
          'p',
          (input, scope) => {
            scope.vector('v', { role: 'bias', width: 1 });
            scope.vector('v', { role: 'bias', width: 1 });
            return input;
          },
          x,
        ),
      ),
      /two parameters named 'p\.v'/,
    ],
    ['other positions', build((x) => add(x, x.reshape(2))), /equally many positions, but have 1 and 2/],
  ])('%s', (_, make, message) => {
    expect(make).toThrow(message);
  });
});
