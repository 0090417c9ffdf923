/** The backend under test, and the numbers that layers get on it. */
import type { Tolerances } from '@sluice/conformance';
import { type Tensor, tensor } from '@tensorflow/tfjs-core';

/** How layers run on a backend: on Sluice's kernels, or on TensorFlow.js operations when there are none. */
export type Path = 'kernels' | 'operations';

/** The TensorFlow.js backend under test, which is current while the tests run. */
export interface Subject {
  readonly tolerances: Tolerances;
  readonly path: Path;
}

/** Declares the tests of one concern. */
export type Suite = (subject: Subject) => void;

/** A tensor of numbers between −limit and limit. They look random and are the same everywhere. */
export function waveTensor(shape: number[], seed: number, limit = 0.8): Tensor {
  const length = shape.reduce((product, size) => product * size, 1);
  const values = Array.from({ length }, (_, i) => limit * Math.sin(12.9898 * (i + 1) + 78.233 * seed));
  return tensor(values, shape, 'float32');
}

/** Sets the weights of a layer or a model, biases too, to numbers of `waveTensor`. */
export function setWaveWeights(
  target: { getWeights(): Tensor[]; setWeights(weights: Tensor[]): void },
  seed = 1,
): void {
  target.setWeights(target.getWeights().map(({ shape }, i) => waveTensor(shape, seed + i)));
}

/** A tensor's numbers in float64. Asynchronous, because webgpu in Node has no synchronous readback. */
export async function readFloat64(source: Tensor): Promise<Float64Array> {
  return Float64Array.from(await source.data());
}

/** The numbers of several tensors. */
export const readAllFloat64 = (sources: readonly Tensor[]): Promise<Float64Array[]> =>
  Promise.all(sources.map(readFloat64));
