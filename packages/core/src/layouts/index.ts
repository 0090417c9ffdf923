import { asappresearch } from './asappresearch.js';
import { concatenated } from './concatenated.js';
import { keras } from './keras.js';
import { onnx } from './onnx.js';
import { pytorch } from './pytorch.js';
import { webnn } from './webnn.js';

/**
 * How other libraries store the weights of these cells, by library and cell:
 * `layouts.pytorch.gru.toNative({ weightIh, weightHh, biasIh, biasHh }, { inputSize, units })`, and `fromNative` back.
 * Everything is on flat typed arrays, float32 or float64.
 */
export const layouts = { keras, pytorch, onnx, webnn, concatenated, asappresearch } as const;

export type {
  BothDirections,
  DirectionalLayout,
  Layout,
  LibraryWeights,
  NativeWeights,
} from './define-layout.js';
export type { FloatArray } from './description.js';
