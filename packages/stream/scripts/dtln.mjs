/**
 * DTLN, a network against noise (Westhausen & Meyer 2020, arXiv:2005.07551; github.com/breizhn/DTLN), from blocks and its weights.
 *
 * After a build: node scripts/dtln.mjs model.h5 in.f32 out.f32
 * Reads 16 kHz samples as float32, writes the cleaned ones, and prints the time. Result n belongs to sample n − 384.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { cells } from '@sluice/core';
import {
  concatenate,
  dense,
  istft,
  layerNorm,
  magnitude,
  multiply,
  network,
  overlapAdd,
  recurrent,
  stft,
} from '@sluice/core/network';
import { readModel } from '@sluice/formats';
import { createStream } from '@sluice/stream';

const [HOP, LENGTH, FEATURES] = [128, 512, 256];

/** A frame of 128 new samples; the windows of 512 samples overlap. */
const dtln = network({
  name: 'dtln',
  source: 'arXiv:2005.07551',
  inputSize: HOP,
  build: (x, use) => {
    const mask = (input, names, units) => {
      const first = use(names[0], recurrent({ cell: cells.lstm(), units: 128 }), input);
      const second = use(names[1], recurrent({ cell: cells.lstm(), units: 128 }), first);
      return use(names[2], dense({ units, activation: 'sigmoid' }), second);
    };
    const spectrum = use('stft', stft({ frameLength: LENGTH, window: 'rectangular' }), x);
    const gains = mask(use('magnitude', magnitude(), spectrum), ['lstm', 'lstm_1', 'dense'], LENGTH / 2 + 1);
    // The phase stays: real and imaginary parts get the same gain.
    const masked = multiply(spectrum, concatenate(gains, gains));
    const samples = use('istft', istft({ frameLength: LENGTH, hop: LENGTH }), masked);
    const encoded = use('conv1d', dense({ units: FEATURES, useBias: false }), samples);
    const normal = use('layer_normalization', layerNorm({ epsilon: 1e-7 }), encoded);
    const kept = multiply(encoded, mask(normal, ['lstm_2', 'lstm_3', 'dense_1'], FEATURES));
    const decoded = use('conv1d_1', dense({ units: LENGTH, useBias: false }), kept);
    return use('overlap', overlapAdd({ hop: HOP }), decoded);
  },
});

/** The weights of the file by the names of the blocks, which are those of its layers. */
async function weightsOf(path) {
  const weights = {};
  for (const layer of (await readModel(path)).layers) {
    const own =
      layer.kind === 'recurrent'
        ? layer.directions[0].weights
        : Object.fromEntries(layer.weights.map(({ name, values }) => [name.match(/(\w+):0$/)[1], values]));
    for (const [name, values] of Object.entries(own)) {
      weights[`${layer.name}.${name === 'gamma' ? 'scale' : name === 'beta' ? 'bias' : name}`] = values;
    }
  }
  return weights;
}

const [model, input, output] = process.argv.slice(2);
const bytes = readFileSync(input);
const samples = new Float32Array(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length));
const stream = await createStream(dtln, { weights: await weightsOf(model) });
const frames = Math.floor(samples.length / HOP);
const cleaned = new Float32Array(frames * HOP);
const times = new Float64Array(frames);
for (let frame = 0; frame < frames; frame++) {
  const start = performance.now();
  const result = stream.process(samples.subarray(frame * HOP, (frame + 1) * HOP));
  times[frame] = performance.now() - start;
  cleaned.set(result, frame * HOP);
}
writeFileSync(output, cleaned);
times.sort();
const milliseconds = HOP / 16;
const factor = (time) => `${time.toFixed(4)} ms (real-time factor ${(time / milliseconds).toFixed(4)})`;
console.log(`${frames} frames: best ${factor(times[0])}, median ${factor(times[frames >> 1])}`);
