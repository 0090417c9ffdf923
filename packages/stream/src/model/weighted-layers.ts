/** Layers of Keras with weights that are not recurrent. */
import { greaterEqual, repeat, sum } from '@sluice/core/equations';
import {
  type Block,
  type ConvolutionOptions,
  conv1d,
  dense,
  depthwiseConv1d,
  layerNorm,
  type Signal,
  scale,
} from '@sluice/core/network';
import { activated } from './activation-layers.js';
import { type LayerCall, type LayerRule, withSignal } from './layer-call.js';

/** A kernel and, if there is one, a bias by their names. */
const named = (
  kernel: ArrayLike<number>,
  bias: ArrayLike<number> | undefined,
): Readonly<Record<string, ArrayLike<number>>> => (bias === undefined ? { kernel } : { kernel, bias });

const denseLayer: LayerRule = (call) => {
  const units = call.count('units');
  const useBias = call.isOn('use_bias', true);
  const [kernel, bias] = call.weights(useBias ? 2 : 1);
  const { signal } = call.input;
  if (kernel.length !== signal.channels * units) {
    throw new Error(
      `it multiplies ${kernel.length / units} numbers, but a frame gives it ${signal.channels}; give other timesteps`,
    );
  }
  const product = call.apply(dense({ units, useBias }), signal, named(kernel, bias));
  return withSignal(call.input, activated(call, product));
};

const PADDINGS: readonly unknown[] = ['valid', 'same', 'causal'];

/** The options that all convolutions have. */
function convolutionOptions(call: LayerCall, input: Signal): ConvolutionOptions {
  const padding = call.option('padding') ?? 'valid';
  if (!PADDINGS.includes(padding)) throw new Error(`its padding is ${JSON.stringify(padding)}`);
  if ((call.option('data_format') ?? 'channels_last') !== 'channels_last') {
    throw new Error('its data_format is channels_first');
  }
  const kernelSize = call.count('kernel_size');
  const [strides, dilation] = [call.count('strides', 1), call.count('dilation_rate', 1)];
  const { isWithinFrame = false } = call.input;
  // With one number in a window, no window reaches over the ends of a frame.
  const isCausal = padding === 'causal' || kernelSize === 1;
  if (isCausal && !isWithinFrame && input.positions % strides !== 0) {
    throw new Error(`its strides are ${strides}: timesteps must be divisible by them`);
  }
  if (!isCausal && !isWithinFrame) call.seesFrame(`its padding is '${padding}'`);
  const zeros = [(kernelSize - 1) * dilation, 0] as const;
  const own = padding === 'causal' && isWithinFrame ? zeros : (padding as 'valid' | 'same' | 'causal');
  return { kernelSize, strides, dilation, padding: own, useBias: call.isOn('use_bias', true) };
}

const convolution: LayerRule = (call) => {
  const { sequence } = call;
  const options = convolutionOptions(call, sequence);
  if (call.count('groups', 1) !== 1) throw new Error('it has groups');
  const [kernel, bias] = call.weights(options.useBias ? 2 : 1);
  const filters = call.count('filters');
  checkKernel(kernel, [options.kernelSize, sequence.channels, filters]);
  const block = conv1d({ filters, ...options });
  const signal = call.apply(block, sequence, named(kernel, bias));
  return withSignal(call.input, activated(call, signal));
};

function checkKernel(kernel: ArrayLike<number>, shape: readonly number[]): void {
  const count = shape.reduce((product, size) => product * size, 1);
  if (kernel.length === count) return;
  throw new Error(
    `its kernel has ${kernel.length} numbers instead of ${shape.join(' × ')}; give other timesteps`,
  );
}

/** Each channel `times` times side by side, for convolutions with several filters for each channel. */
const multiplied = (input: Signal, times: number): Signal =>
  times === 1 ? input : input.map(input.channels * times, (row) => repeat(row, times));

const depthwise: LayerRule = (call) => {
  const input = multiplied(call.sequence, call.count('depth_multiplier', 1));
  const options = convolutionOptions(call, input);
  const [kernel, bias] = call.weights(options.useBias ? 2 : 1);
  checkKernel(kernel, [options.kernelSize, input.channels]);
  const signal = call.apply(depthwiseConv1d(options), input, named(kernel, bias));
  return withSignal(call.input, activated(call, signal));
};

const separable: LayerRule = (call) => {
  const input = multiplied(call.sequence, call.count('depth_multiplier', 1));
  const { useBias, ...options } = convolutionOptions(call, input);
  const [depthKernel, kernel, bias] = call.weights(useBias ? 3 : 2);
  checkKernel(depthKernel, [options.kernelSize, input.channels]);
  const block = depthwiseConv1d({ ...options, useBias: false });
  const mixed = call.apply(block, input, { kernel: depthKernel }, 'depthwise');
  const point = dense({ units: call.count('filters'), useBias });
  const signal = call.apply(point, mixed, named(kernel, bias));
  return withSignal(call.input, activated(call, signal));
};

/** Batch normalisation with the statistics of training, as one number for each channel and another one added. */
const batchNormalization: LayerRule = (call) => {
  call.checkLastAxis();
  const { signal } = call.input;
  const [hasScale, hasCenter] = [call.isOn('scale', true), call.isOn('center', true)];
  const stored = call.weights(2 + Number(hasScale) + Number(hasCenter));
  const gamma = hasScale ? stored[0] : undefined;
  const beta = hasCenter ? stored[Number(hasScale)] : undefined;
  const [mean, variance] = stored.slice(-2);
  const epsilon = call.number('epsilon', 1e-3);
  const factor = Float64Array.from(variance, (value, i) => (gamma?.[i] ?? 1) / Math.sqrt(value + epsilon));
  const bias = Float64Array.from(mean, (value, i) => (beta?.[i] ?? 0) - value * factor[i]);
  return withSignal(call.input, call.apply(scale(), signal, { scale: factor, bias }));
};

const layerNormalization: LayerRule = (call) => {
  call.checkLastAxis();
  if (call.isOn('rms_scaling', false)) throw new Error('it has rms_scaling');
  const { signal } = call.input;
  const [hasScale, hasCenter] = [call.isOn('scale', true), call.isOn('center', true)];
  const stored = call.weights(Number(hasScale) + Number(hasCenter));
  const gamma = hasScale ? stored[0] : new Float32Array(signal.channels).fill(1);
  const bias = hasCenter ? stored[Number(hasScale)] : new Float32Array(signal.channels);
  const block = layerNorm({ epsilon: call.number('epsilon', 1e-3) });
  return withSignal(call.input, call.apply(block, signal, { scale: gamma, bias }));
};

const MAX_WORDS = 8192;

/**
 * A row of the table for each number of the frame: the table times a row that is 1 at the number and 0 elsewhere. A number that
 * the table does not have makes NaN, as 0 / 0.
 */
const embedding: LayerRule = (call) => {
  if (call.isOn('mask_zero', false)) throw new Error('it masks steps (mask_zero)');
  const { signal, isSequence } = call.input;
  if (isSequence) throw new Error('its input has two axes');
  const [words, units] = [call.count('input_dim'), call.count('output_dim')];
  if (words > MAX_WORDS)
    throw new Error(`it has ${words} words; at most ${MAX_WORDS} can be compared in a frame`);
  const [kernel] = call.weights(1);
  const block: Block = (input, scope) => {
    const table = scope.matrix('kernel', { role: 'kernel', rows: words, width: units });
    const index = scope.vector('words', { role: 'recurrentVector', width: words });
    return input.reshape(input.width).map(units, (row) => {
      const isWord = greaterEqual(row, index()).mul(greaterEqual(index(), row));
      return table(isWord).div(repeat(sum(isWord), units));
    });
  };
  const weights = { kernel, words: Float32Array.from({ length: words }, (_, i) => i) };
  return { signal: call.apply(block, signal, weights), isSequence: true };
};

/** The rules by Keras's class names. */
export const weightedLayers: Readonly<Record<string, LayerRule>> = {
  Dense: denseLayer,
  Conv1D: convolution,
  DepthwiseConv1D: depthwise,
  SeparableConv1D: separable,
  BatchNormalization: batchNormalization,
  LayerNormalization: layerNormalization,
  Embedding: embedding,
};
