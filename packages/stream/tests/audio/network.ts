import { cells } from '@sluice/core';
import { conv1d, dense, network, recurrent, reshape } from '@sluice/core/network';
import { compileStream, createStreamSync, type StreamModel } from '../../src/index.js';
import { weightsOf } from '../problem.js';

/** A network on frames of `inputSize` samples with `outputSize` results. */
export function audioModel(inputSize: number, outputSize: number): StreamModel {
  const net = network({
    name: 'audio',
    inputSize,
    build: (x, use) => {
      const samples = use('in', reshape(inputSize), x);
      const encoder = conv1d({ filters: 8, kernelSize: 16, strides: 16, activation: 'relu' });
      const gru = recurrent({ cell: cells.gru(), units: 12, returnSequences: false });
      return use(
        'out',
        dense({ units: outputSize, activation: 'tanh' }),
        use('gru', gru, use('encoder', encoder, samples)),
      );
    },
  });
  return compileStream(net, weightsOf(net, 3));
}

/** A sound that never repeats: a tone that rises. */
export const sound = (length: number): Float32Array<ArrayBuffer> =>
  Float32Array.from({ length }, (_, n) => 0.5 * Math.sin(0.01 * n + 2e-6 * n * n));

/** The frames of a sound, cut by plain indices: frame k has `size` samples from k · hop − context on. */
export function framesOf(samples: Float32Array, size: number, hop: number, context: number): Float32Array[] {
  const frames: Float32Array[] = [];
  for (let start = -context; start + size <= samples.length; start += hop) {
    frames.push(Float32Array.from({ length: size }, (_, i) => (start + i < 0 ? 0 : samples[start + i])));
  }
  return frames;
}

/** The samples of the sound that tests play. */
export const SOUND_LENGTH = 16_000;

/** The results of all frames of that sound, computed here. */
export function outputsOf(inputSize: number, outputSize: number, hop: number, context: number): number[][] {
  const stream = createStreamSync(audioModel(inputSize, outputSize));
  const frames = framesOf(sound(SOUND_LENGTH), inputSize, hop, context);
  return frames.map((frame) => Array.from(stream.process(frame)));
}
