/**
 * Cleans a sound with DTLN.
 *
 * After a build: node scripts/dtln.mjs model.h5 in.f32 out.f32
 * Reads 16 kHz samples as float32, writes the cleaned ones, and prints the time. Result n belongs to sample n − 384.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { createStream } from '@sluice/stream';
import { dtln, dtlnWeights, HOP } from './dtln-network.mjs';

const [model, input, output] = process.argv.slice(2);
const bytes = readFileSync(input);
const samples = new Float32Array(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length));
const stream = await createStream(dtln, { weights: await dtlnWeights(model) });
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
