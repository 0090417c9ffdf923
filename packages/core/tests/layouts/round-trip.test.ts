import { describe, expect, it } from 'vitest';
import type { BothDirections, DirectionalLayout } from '../../src/layouts/define-layout.js';
import { type FloatArray, type Layout, layouts, type NativeWeights } from '../../src/layouts/index.js';

const inputSize = 3;
const units = 2;
const sizes = { inputSize, units };

type AnyLayout = Layout<never, never>;

/** Gates in the kernel, values in the bias, values in the recurrent vector, by the cell's name. */
const cells: Record<string, { gates: number; recurrent: boolean; bias: number; vector: number }> = {
  simpleRnn: { gates: 1, recurrent: true, bias: 1, vector: 0 },
  gru: { gates: 3, recurrent: true, bias: 6, vector: 0 },
  gruResetBefore: { gates: 3, recurrent: true, bias: 3, vector: 0 },
  lstm: { gates: 4, recurrent: true, bias: 4, vector: 0 },
  lstmWithPeephole: { gates: 4, recurrent: true, bias: 4, vector: 3 },
  lstmInputForget: { gates: 3, recurrent: true, bias: 3, vector: 2 },
  sru: { gates: 3, recurrent: false, bias: 2, vector: 2 },
  sruWithSkip: { gates: 4, recurrent: false, bias: 2, vector: 2 },
};

let next = 1;
function distinct<A extends FloatArray>(Type: new (length: number) => A, length: number): A {
  const values = new Type(length);
  for (let i = 0; i < length; i++) values[i] = next++ / 8;
  return values;
}

function nativeWeights<A extends FloatArray>(
  Type: new (length: number) => A,
  cell: string,
): NativeWeights<A> {
  const { gates, recurrent, bias, vector } = cells[cell];
  return {
    kernel: distinct(Type, inputSize * gates * units),
    ...(recurrent && { recurrentKernel: distinct(Type, units * gates * units) }),
    ...(vector > 0 && { recurrentVector: distinct(Type, vector * units) }),
    bias: distinct(Type, bias * units),
  } as NativeWeights<A>;
}

const every: [string, string, AnyLayout][] = Object.entries(layouts).flatMap(
  ([library, byCell]) =>
    Object.entries(byCell as Record<string, AnyLayout>).flatMap(([name, layout]) => {
      const resetBefore = name.endsWith('ResetBefore') || library === 'concatenated';
      if (name.startsWith('gru'))
        return [[`${library}.${name}`, resetBefore ? 'gruResetBefore' : 'gru', layout]];
      if (name === 'sru') return ['sru', 'sruWithSkip'].map((cell) => [`${library}.${name}`, cell, layout]);
      if (name === 'lstmInputForget') return [[`${library}.${name}`, name, layout]];
      const peephole = name.startsWith('lstm') && ['onnx', 'webnn'].includes(library);
      const plain = name.startsWith('lstm') ? 'lstm' : name;
      return [[`${library}.${name}`, peephole ? 'lstmWithPeephole' : plain, layout]];
    }) as [string, string, AnyLayout][],
);

describe('a conversion to native weights and back gives the same weights', () => {
  it.each(every)('%s (%s)', (_, cell, layout) => {
    for (const Type of [Float32Array, Float64Array]) {
      const native = nativeWeights(Type as typeof Float64Array, cell);
      const stored = layout.fromNative(native, sizes);
      expect(layout.toNative(stored, sizes)).toEqual(native);
      for (const values of Object.values(stored)) expect(values).toBeInstanceOf(Type);
    }
  });

  const directional = every.filter(([, , layout]) => 'toNativeBidirectional' in layout);
  it.each(directional)('%s (%s), both directions', (_, cell, layout) => {
    const both = layout as DirectionalLayout<never, never>;
    const native: BothDirections<Float32Array> = {
      forward: nativeWeights(Float32Array, cell),
      backward: nativeWeights(Float32Array, cell),
    };
    expect(both.toNativeBidirectional(both.fromNativeBidirectional(native, sizes), sizes)).toEqual(native);
  });

  it.each(every)('%s (%s) without bias', (_, cell, layout) => {
    const { bias, ...native } = nativeWeights(Float64Array, cell);
    expect(bias).toBeDefined();
    const stored = layout.fromNative(native, sizes);
    expect(Object.keys(stored).filter((name) => /bias|^B$/i.test(name))).toEqual([]);
    expect(layout.toNative(stored, sizes)).toEqual(native);
  });
});

describe('two biases of a library for one bias of the cell', () => {
  const weights = { weightIh: new Float64Array(24), weightHh: new Float64Array(16) };
  const biasIh = Float64Array.of(1, 2, 3, 4, 5, 6, 7, 8);
  const biasHh = biasIh.map((value) => 10 * value);

  it('are added on the way in', () => {
    const { bias } = layouts.pytorch.lstm.toNative({ ...weights, biasIh, biasHh }, sizes);
    expect([...(bias ?? [])]).toEqual([11, 22, 33, 44, 55, 66, 77, 88]);
  });

  it('become the sum and zero on the way back', () => {
    const native = layouts.pytorch.lstm.toNative({ ...weights, biasIh, biasHh }, sizes);
    const back = layouts.pytorch.lstm.fromNative(native, sizes);
    expect([...(back.biasIh ?? [])]).toEqual([11, 22, 33, 44, 55, 66, 77, 88]);
    expect([...(back.biasHh ?? [])]).toEqual([0, 0, 0, 0, 0, 0, 0, 0]);
  });

  it('stay apart in a reset-after GRU', () => {
    const B = Float64Array.from({ length: 12 }, (_, i) => i + 1);
    const native = layouts.onnx.gru.toNative({ W: new Float64Array(18), R: new Float64Array(12), B }, sizes);
    expect([...(native.bias ?? [])]).toEqual([...B]);
    const { biasIh, biasHh } = layouts.pytorch.gru.fromNative(native, sizes);
    expect([...(biasIh ?? [])]).toEqual([3, 4, 1, 2, 5, 6]);
    expect([...(biasHh ?? [])]).toEqual([9, 10, 7, 8, 11, 12]);
  });

  it('the input of a conversion is left as it was', () => {
    const native = layouts.keras.lstm.toNative(
      { kernel: new Float64Array(24), recurrentKernel: new Float64Array(16), bias: biasIh },
      sizes,
    );
    expect(native.bias).not.toBe(biasIh);
    expect([...(native.bias ?? [])]).toEqual([...biasIh]);
  });
});
