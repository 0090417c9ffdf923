import { describe, expect, it } from 'vitest';
import { layouts, type NativeWeights } from '../../src/layouts/index.js';

const sizes = { inputSize: 3, units: 2 };
const weights = { weightIh: new Float32Array(18), weightHh: new Float32Array(12) };

describe('a conversion of wrong weights is an error with the given and the expected arrays', () => {
  it('for a length that does not fit', () => {
    const biasIh = new Float32Array(5);
    expect(() => layouts.pytorch.gru.toNative({ ...weights, biasIh }, sizes)).toThrow(
      'layouts.pytorch.gru: biasIh has 5 values, but with inputSize 3 and units 2 its shape is [6].',
    );
    expect(() => layouts.pytorch.gru.toNative(weights, { inputSize: 4, units: 2 })).toThrow(
      'weightIh has 18 values, but with inputSize 4 and units 2 its shape is [6, 4].',
    );
  });

  it('for native weights', () => {
    const native = {
      kernel: new Float32Array(18),
      recurrentKernel: new Float32Array(12),
      bias: new Float32Array(6),
    };
    expect(() => layouts.onnx.gru.fromNative(native, sizes)).toThrow(
      'layouts.onnx.gru, native weights: bias has 6 values, but with inputSize 3 and units 2 its shape is [2, 6].',
    );
    const { recurrentKernel: _, ...half } = native;
    expect(() => layouts.onnx.gru.fromNative(half, sizes)).toThrow(
      'got kernel, bias; expected kernel, recurrentKernel, and optionally bias.',
    );
  });

  it('for names it does not know and names it misses', () => {
    const misspelt = { weight_ih: new Float32Array(18), weightHh: new Float32Array(12) };
    expect(() => layouts.pytorch.gru.toNative(misspelt as never, sizes)).toThrow(
      'layouts.pytorch.gru: got weight_ih, weightHh; expected weightIh, weightHh, and optionally biasIh, biasHh.',
    );
  });

  it('for peepholes that the library cannot store', () => {
    const peephole = {
      kernel: new Float32Array(24),
      recurrentKernel: new Float32Array(16),
      recurrentVector: new Float32Array(6),
    };
    expect(() => layouts.keras.lstm.fromNative(peephole, sizes)).toThrow(
      /got kernel, recurrentKernel, recurrentVector;/,
    );
  });

  it('for an SRU kernel of neither three nor four blocks', () => {
    expect(() => layouts.asappresearch.sru.toNative({ weight: new Float32Array(12) }, sizes)).toThrow(
      'weight has 12 values, but with inputSize 3 and units 2 its shape is [3, 6] or [3, 8].',
    );
  });

  it('for directions that do not match', () => {
    const forward: NativeWeights<Float32Array> = { kernel: new Float32Array(18) };
    const backward: NativeWeights<Float32Array> = { kernel: new Float32Array(24) };
    expect(() => layouts.asappresearch.sru.fromNativeBidirectional({ forward, backward }, sizes)).toThrow(
      'the kernels of the two directions differ in shape',
    );
  });

  it('for sizes that are none', () => {
    expect(() => layouts.pytorch.gru.toNative(weights, { inputSize: 3, units: 0 })).toThrow(
      'layouts.pytorch.gru: units must be a positive whole number, but is 0.',
    );
  });
});
