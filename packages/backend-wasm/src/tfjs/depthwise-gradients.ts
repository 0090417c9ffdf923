import type { BackendWasm } from '@tensorflow/tfjs-backend-wasm';
import { backend_util, type KernelFunc, type TensorInfo } from '@tensorflow/tfjs-core';
import { numbersOf } from './tensors.js';

/**
 * The gradients of a depthwise convolution, in which every channel has its own filters. They take few operations for each
 * number, so loops in JavaScript are fast enough.
 */

type Call = Parameters<KernelFunc>[0];
type Shape4 = [number, number, number, number];

/** The arguments from TensorFlow.js's operations; channels are last. */
interface DepthwiseAttributes {
  readonly strides: [number, number] | number;
  readonly dilations: [number, number] | number;
  readonly pad: 'valid' | 'same' | number | backend_util.ExplicitPadding;
  readonly dimRoundingMode?: 'floor' | 'round' | 'ceil';
  readonly filterShape: Shape4;
  readonly inputShape: Shape4;
}

const attributesOf = (call: Call) => call.attrs as unknown as DepthwiseAttributes;

/** `DepthwiseConv2dNativeBackpropFilter`. */
export function depthwiseFilterGradient(call: Call): TensorInfo {
  const { x, dy } = call.inputs as { x: TensorInfo; dy: TensorInfo };
  const { filterShape } = attributesOf(call);
  const backend = call.backend as BackendWasm;
  const result = backend.makeOutput(filterShape, 'float32');
  // Views are made after the last allocation, which may grow the memory.
  const [input, cotangents, sums] = [x, dy, result].map((tensor) => numbersOf(backend, tensor));
  sums.fill(0);
  const multiplier = filterShape[3];
  forEachPair(call, x.shape as Shape4, filterShape, (place, filter, output) => {
    for (let channel = 0; channel < filterShape[2]; channel++) {
      for (let i = channel * multiplier; i < (channel + 1) * multiplier; i++) {
        sums[filter + i] += input[place + channel] * cotangents[output + i];
      }
    }
  });
  return result;
}

/** `DepthwiseConv2dNativeBackpropInput`. */
export function depthwiseInputGradient(call: Call): TensorInfo {
  const { dy, filter } = call.inputs as { dy: TensorInfo; filter: TensorInfo };
  const { inputShape } = attributesOf(call);
  const backend = call.backend as BackendWasm;
  const result = backend.makeOutput(inputShape, 'float32');
  // Views are made after the last allocation, which may grow the memory.
  const [weights, cotangents, sums] = [filter, dy, result].map((tensor) => numbersOf(backend, tensor));
  sums.fill(0);
  const [, , channels, multiplier] = filter.shape;
  forEachPair(call, inputShape, filter.shape as Shape4, (place, weight, output) => {
    for (let channel = 0; channel < channels; channel++) {
      for (let i = channel * multiplier; i < (channel + 1) * multiplier; i++) {
        sums[place + channel] += weights[weight + i] * cotangents[output + i];
      }
    }
  });
  return result;
}

/**
 * Calls `visit` for each position of the output and each position of its window in the input, with the first channel's index in
 * the input, the filter and the output.
 */
function forEachPair(
  call: Call,
  x: Shape4,
  filter: Shape4,
  visit: (input: number, filter: number, output: number) => void,
): void {
  const { strides, dilations, pad, dimRoundingMode } = attributesOf(call);
  const convolution = backend_util.computeConv2DInfo(
    x,
    filter,
    strides,
    dilations,
    pad,
    dimRoundingMode,
    true,
  );
  const { inHeight, inWidth, inChannels, outChannels, padInfo } = convolution;
  let output = 0;
  for (let image = 0; image < convolution.batchSize; image++) {
    for (let i = 0; i < convolution.outHeight; i++) {
      for (let j = 0; j < convolution.outWidth; j++) {
        for (let k = 0; k < convolution.filterHeight; k++) {
          const row = i * convolution.strideHeight - padInfo.top + k * convolution.dilationHeight;
          if (row < 0 || row >= inHeight) continue;
          for (let l = 0; l < convolution.filterWidth; l++) {
            const column = j * convolution.strideWidth - padInfo.left + l * convolution.dilationWidth;
            if (column < 0 || column >= inWidth) continue;
            const place = ((image * inHeight + row) * inWidth + column) * inChannels;
            visit(place, (k * convolution.filterWidth + l) * outChannels, output);
          }
        }
        output += outChannels;
      }
    }
  }
}
