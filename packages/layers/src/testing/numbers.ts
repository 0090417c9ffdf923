import { type Tensor, tensor } from '@tensorflow/tfjs-core';

const sizeOf = (shape: readonly number[]) => shape.reduce((product, size) => product * size, 1);

/** Numbers between −limit and limit that look random and are the same everywhere. */
export const waveOf = (length: number, seed: number, limit = 0.8): Float32Array =>
  Float32Array.from({ length }, (_, i) => limit * Math.sin(12.9898 * (i + 1) + 78.233 * seed));

/** The same as a tensor. */
export const wave = (shape: number[], seed: number, limit?: number): Tensor =>
  tensor(waveOf(sizeOf(shape), seed, limit), shape, 'float32');

/** A tensor's numbers in float64. Asynchronous: in Node webgpu cannot be read otherwise. */
export async function float64(given: Tensor): Promise<Float64Array> {
  return Float64Array.from(await given.data());
}

/** The numbers of several tensors. */
export const float64s = (given: readonly Tensor[]): Promise<Float64Array[]> =>
  Promise.all(given.map(float64));

/** Gives a layer or a model weights that look random and are the same everywhere, biases too. */
export function setWave(
  target: { getWeights(): Tensor[]; setWeights(weights: Tensor[]): void },
  seed = 1,
): void {
  target.setWeights(target.getWeights().map(({ shape }, i) => wave(shape, seed + i)));
}
