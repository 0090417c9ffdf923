// Wind with whistles in it: 16,000 samples per second, in frames of 128 samples.
import { uniformStream } from '@sluice/core/random';

export const SAMPLE_RATE = 16000;
export const FRAME = 128;

/**
 * @param {number} seed
 * @param {number} frames
 * @returns {{ samples: Float32Array<ArrayBuffer>, whistles: boolean[] }} the sound, and for each frame whether somebody whistles
 */
export function makeSound(seed, frames) {
  const random = uniformStream(seed);
  const samples = new Float32Array(frames * FRAME);
  const whistles = [];
  let left = 20; // frames until the next change
  let whistling = false;
  let frequency = 1500;
  let loudness = 0;
  let phase = 0;
  let wind = 0;
  for (let frame = 0; frame < frames; frame++) {
    left -= 1;
    if (left < 0) {
      whistling = !whistling;
      left = 25 + 60 * random();
      frequency = 700 + 1800 * random();
      loudness = 0.08 + 0.25 * random();
    }
    frequency += 20 * (random() - 0.5);
    whistles.push(whistling);
    for (let i = 0; i < FRAME; i++) {
      wind = 0.8 * wind + 0.12 * (random() - 0.5);
      phase += (2 * Math.PI * frequency) / SAMPLE_RATE;
      samples[frame * FRAME + i] = wind + (whistling ? loudness * Math.sin(phase) : 0);
    }
  }
  return { samples, whistles };
}
