import type { ParameterRole } from '../equations/parameters.js';
import { defineDirectionalLayout } from './define-layout.js';
import { type Axis, native, type StoredArray } from './description.js';

const SOURCE = 'Web Neural Network API, MLGraphBuilder.gru and lstm: www.w3.org/TR/webnn';

const stored = (holds: ParameterRole, gates: readonly string[], ...more: Axis[][]): StoredArray => ({
  holds: [holds],
  dimensions: [['direction'], ['gate', 'unit'], ...more],
  gates,
});

const required = (gates: readonly string[]) => ({
  weight: stored('kernel', gates, ['row']),
  recurrentWeight: stored('recurrentKernel', gates, ['row']),
});

const biases = (gates: readonly string[]) => ({
  bias: { ...stored('bias', gates), halves: [0] },
  recurrentBias: { ...stored('bias', gates), halves: [1] },
});

const gru = (name: string, gates: readonly string[], cell: 'gru' | 'gruResetBefore') =>
  defineDirectionalLayout(`webnn.${name}`, SOURCE, {
    required: required(gates),
    optional: biases(gates),
    native: native[cell],
  });

const lstm = (name: string, gates: readonly string[]) =>
  defineDirectionalLayout(`webnn.${name}`, SOURCE, {
    required: required(gates),
    // Peepholes are stored i,o,f whatever the layout of the rest.
    optional: { ...biases(gates), peepholeWeight: stored('recurrentVector', ['i', 'o', 'f']) },
    native: native.lstmWithPeephole,
  });

/**
 * WebNN: `weight` `[directions, gates·units, inputSize]`, `recurrentWeight` `[directions, gates·units, units]`, `bias`
 * and `recurrentBias` `[directions, gates·units]`, `peepholeWeight` `[directions, 3·units]`. The option `layout` gives
 * the gate order: GRU `zrn` (WebNN's default) or `rzn`, LSTM `iofg` (default) or `ifgo`. `…ResetBefore` is for
 * `resetAfter: false`. Only storage agrees: in WebNN's equations the output gate reads the *old* cell state through
 * its peephole; in Sluice and ONNX it reads the new one.
 */
export const webnn = {
  gru: gru('gru', ['z', 'r', 'n'], 'gru'),
  gruResetBefore: gru('gruResetBefore', ['z', 'r', 'n'], 'gruResetBefore'),
  gruRzn: gru('gruRzn', ['r', 'z', 'n'], 'gru'),
  gruRznResetBefore: gru('gruRznResetBefore', ['r', 'z', 'n'], 'gruResetBefore'),
  lstm: lstm('lstm', ['i', 'o', 'f', 'g']),
  lstmIfgo: lstm('lstmIfgo', ['i', 'f', 'g', 'o']),
};
