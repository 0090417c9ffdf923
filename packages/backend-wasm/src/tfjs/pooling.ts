import { replaceKernel } from '@sluice/tfjs';
import type { BackendWasm } from '@tensorflow/tfjs-backend-wasm';
import {
  backend_util,
  getKernel,
  type KernelConfig,
  type KernelFunc,
  type TensorInfo,
} from '@tensorflow/tfjs-core';
import { numbersOf } from './tensors.js';

/**
 * Replaces TensorFlow.js's `MaxPoolGrad`: on wasm it drops the gradient of every window whose largest number is not positive.
 * A window's cotangent goes to the first of its largest numbers, or to its first NaN.
 */
export const poolingConfigs = (): KernelConfig[] =>
  replaceKernel(getKernel('MaxPoolGrad', 'wasm'), () => maxPoolGradient);

/** The arguments from TensorFlow.js's operation. */
interface PoolAttributes {
  readonly filterSize: [number, number] | number;
  readonly strides: [number, number] | number;
  readonly pad: 'valid' | 'same' | number;
  readonly dimRoundingMode?: 'floor' | 'round' | 'ceil';
}

const maxPoolGradient: KernelFunc = ({ inputs, attrs, backend }) => {
  const { dy, input } = inputs as { dy: TensorInfo; input: TensorInfo };
  const { filterSize, strides, pad, dimRoundingMode } = attrs as unknown as PoolAttributes;
  const shape = input.shape as [number, number, number, number];
  const pool = backend_util.computePool2DInfo(shape, filterSize, strides, 1, pad, dimRoundingMode);
  const wasm = backend as BackendWasm;
  const result = wasm.makeOutput(input.shape, 'float32');
  // Views are made after the last allocation, which may grow the memory.
  const [x, cotangents, dx] = [input, dy, result].map((tensor) => numbersOf(wasm, tensor));
  dx.fill(0);
  const { inHeight, inWidth, outHeight, outWidth, inChannels: channels } = pool;
  let window = 0;
  for (let image = 0; image < pool.batchSize; image++) {
    for (let i = 0; i < outHeight; i++) {
      const top = i * pool.strideHeight - pool.padInfo.top;
      const [firstRow, endRow] = [Math.max(0, top), Math.min(inHeight, top + pool.filterHeight)];
      for (let j = 0; j < outWidth; j++) {
        const left = j * pool.strideWidth - pool.padInfo.left;
        const [firstColumn, endColumn] = [Math.max(0, left), Math.min(inWidth, left + pool.filterWidth)];
        for (let channel = 0; channel < channels; channel++) {
          let largest = Number.NEGATIVE_INFINITY;
          let at = -1;
          for (let row = firstRow; row < endRow; row++) {
            const start = (image * inHeight + row) * inWidth;
            for (let column = firstColumn; column < endColumn; column++) {
              const place = (start + column) * channels + channel;
              const value = x[place];
              if (at >= 0 && !(value > largest) && !(Number.isNaN(value) && !Number.isNaN(largest))) continue;
              largest = value;
              at = place;
            }
          }
          if (at >= 0) dx[at] += cotangents[window + channel];
        }
        window += channels;
      }
    }
  }
  return result;
};
