import { cellFrom, type JsonObject } from '@sluice/core';
import { describe, it } from 'vitest';
import { loadFixtures } from '../fixtures/load.js';
import { checkNativeCell } from './native-cell.js';

describe.each([
  ['xlstm', 'xlstm'],
  ['recurrentgemma', 'recurrentgemma'],
  ['ncps', 'ncps'],
  ['mambapy', 'mambapy'],
  ['pytorch-wide', 'the papers, in PyTorch'],
])('the float64 reference and %s', (file) => {
  it.each(loadFixtures(file).map((one) => [one.name, one] as const))('%s', (_, one) => {
    const { inputSize, units, options } = one.config as {
      inputSize: number;
      units: number;
      options: JsonObject;
    };
    checkNativeCell(one, cellFrom({ name: one.layer, options }), { inputSize, units });
  });
});
