import { describe, expect, it } from 'vitest';
import { layouts } from '../../src/layouts/index.js';

/**
 * Each library's documented place of an element, written out as an index, against Sluice's place of the same element:
 * kernel `[row, gate·unit]`. `at` is the index in the library's array of (gate, unit, row) with the library's gates.
 */
const inputSize = 3;
const units = 2;
const sizes = { inputSize, units };

const filled = (length: number, start = 0) => Float64Array.from({ length }, (_, i) => start + i + 1);

/** Gate by gate, unit by unit, row by row: the value that the library stores and the one found in Sluice's array. */
function expectPlaces(
  library: ArrayLike<number>,
  native: ArrayLike<number> | undefined,
  rows: number,
  libraryGates: string,
  nativeGates: string,
  at: (gate: number, unit: number, row: number) => number,
): void {
  expect(native?.length).toBe(rows * nativeGates.length * units);
  [...libraryGates].forEach((gate, g) => {
    for (let unit = 0; unit < units; unit++) {
      for (let row = 0; row < rows; row++) {
        const place = (row * nativeGates.length + nativeGates.indexOf(gate)) * units + unit;
        expect(native?.[place], `gate ${gate}, unit ${unit}, row ${row}`).toBe(library[at(g, unit, row)]);
      }
    }
  });
}

const rowsFirst = (rows: number) => (gate: number, unit: number, row: number) =>
  (gate * units + unit) * rows + row;
const flat = (gate: number, unit: number) => gate * units + unit;

describe('matrices stored [gate·unit, row]', () => {
  const cases = [
    ['pytorch.gru', layouts.pytorch.gru, 'rzn', 'zrn'],
    ['pytorch.lstm', layouts.pytorch.lstm, 'ifgo', 'ifgo'],
    ['pytorch.simpleRnn', layouts.pytorch.simpleRnn, 'h', 'h'],
  ] as const;
  it.each(cases)('%s', (_, layout, gates, native) => {
    const weightIh = filled(gates.length * units * inputSize);
    const weightHh = filled(gates.length * units * units, 100);
    const result = layout.toNative({ weightIh, weightHh }, sizes);
    expectPlaces(weightIh, result.kernel, inputSize, gates, native, rowsFirst(inputSize));
    expectPlaces(weightHh, result.recurrentKernel, units, gates, native, rowsFirst(units));
    expect(result.bias).toBeUndefined();
  });

  const directional = [
    ['onnx.gru', layouts.onnx.gru, 'zrn', 'zrn'],
    ['onnx.gruResetBefore', layouts.onnx.gruResetBefore, 'zrn', 'zrn'],
    ['onnx.lstm', layouts.onnx.lstm, 'iofg', 'ifgo'],
    ['onnx.simpleRnn', layouts.onnx.simpleRnn, 'h', 'h'],
  ] as const;
  it.each(directional)('%s, both directions', (_, layout, gates, native) => {
    const W = filled(2 * gates.length * units * inputSize);
    const R = filled(2 * gates.length * units * units, 100);
    const { forward, backward } = layout.toNativeBidirectional({ W, R }, sizes);
    const half = (values: Float64Array, direction: number) =>
      values.subarray((direction * values.length) / 2, ((direction + 1) * values.length) / 2);
    [forward, backward].forEach((result, d) => {
      expectPlaces(half(W, d), result.kernel, inputSize, gates, native, rowsFirst(inputSize));
      expectPlaces(half(R, d), result.recurrentKernel, units, gates, native, rowsFirst(units));
    });
  });

  const webnn = [
    ['gru', layouts.webnn.gru, 'zrn', 'zrn'],
    ['gruRzn', layouts.webnn.gruRzn, 'rzn', 'zrn'],
    ['gruResetBefore', layouts.webnn.gruResetBefore, 'zrn', 'zrn'],
    ['gruRznResetBefore', layouts.webnn.gruRznResetBefore, 'rzn', 'zrn'],
    ['lstm', layouts.webnn.lstm, 'iofg', 'ifgo'],
    ['lstmIfgo', layouts.webnn.lstmIfgo, 'ifgo', 'ifgo'],
  ] as const;
  it.each(webnn)('webnn.%s', (_, layout, gates, native) => {
    const weight = filled(gates.length * units * inputSize);
    const recurrentWeight = filled(gates.length * units * units, 100);
    const bias = filled(gates.length * units, 200);
    const result = layout.toNative({ weight, recurrentWeight, bias }, sizes);
    expectPlaces(weight, result.kernel, inputSize, gates, native, rowsFirst(inputSize));
    expectPlaces(recurrentWeight, result.recurrentKernel, units, gates, native, rowsFirst(units));
    expectPlaces(bias, result.bias?.subarray(0, gates.length * units), 1, gates, native, flat);
  });
});

describe('peepholes', () => {
  it.each([
    ['onnx', layouts.onnx.lstm.toNative({ W: filled(24), R: filled(16), P: filled(6) }, sizes)],
    [
      'webnn iofg',
      layouts.webnn.lstm.toNative(
        { weight: filled(24), recurrentWeight: filled(16), peepholeWeight: filled(6) },
        sizes,
      ),
    ],
    [
      'webnn ifgo',
      layouts.webnn.lstmIfgo.toNative(
        { weight: filled(24), recurrentWeight: filled(16), peepholeWeight: filled(6) },
        sizes,
      ),
    ],
  ])('%s: i,o,f becomes i,f,o', (_, native) => {
    expect([...(native.recurrentVector ?? [])]).toEqual([1, 2, 5, 6, 3, 4]);
  });
});

describe('asappresearch.sru', () => {
  const at =
    (gates: number, directions: number, direction: number) => (gate: number, unit: number, row: number) =>
      ((row * directions + direction) * units + unit) * gates + gate;

  it.each(['cfr', 'cfrs'])('one direction, matrices %s', (gates) => {
    const weight = filled(inputSize * units * gates.length);
    const result = layouts.asappresearch.sru.toNative(
      { weight, weightC: filled(4), bias: filled(4, 10) },
      sizes,
    );
    expectPlaces(weight, result.kernel, inputSize, gates, gates, at(gates.length, 1, 0));
    expect([...(result.recurrentVector ?? [])]).toEqual([1, 2, 3, 4]);
    expect([...(result.bias ?? [])]).toEqual([11, 12, 13, 14]);
  });

  it('two directions', () => {
    const weight = filled(inputSize * 2 * units * 4);
    const weights = { weight, weightC: filled(8), bias: filled(8, 10) };
    const { forward, backward } = layouts.asappresearch.sru.toNativeBidirectional(weights, sizes);
    expectPlaces(weight, forward.kernel, inputSize, 'cfrs', 'cfrs', at(4, 2, 0));
    expectPlaces(weight, backward.kernel, inputSize, 'cfrs', 'cfrs', at(4, 2, 1));
    expect([...(forward.recurrentVector ?? [])]).toEqual([1, 2, 5, 6]);
    expect([...(backward.bias ?? [])]).toEqual([13, 14, 17, 18]);
  });
});

describe('concatenated [h, x]', () => {
  it('has the columns of the state before those of the input', () => {
    const columns = units + inputSize;
    const [z, r, n] = [0, 100, 200].map((start) => filled(units * columns, start));
    const gates = [z, r, n];
    const result = layouts.concatenated.gru.toNative(
      { updateWeight: z, resetWeight: r, candidateWeight: n, resetBias: filled(2, 7) },
      sizes,
    );
    for (let unit = 0; unit < units; unit++) {
      for (let gate = 0; gate < 3; gate++) {
        for (let row = 0; row < columns; row++) {
          const place = gate * units + unit;
          const found =
            row < units
              ? result.recurrentKernel?.[row * 3 * units + place]
              : result.kernel[(row - units) * 3 * units + place];
          expect(found).toBe(gates[gate][unit * columns + row]);
        }
      }
    }
    expect([...(result.bias ?? [])]).toEqual([0, 0, 8, 9, 0, 0]);
  });
});
