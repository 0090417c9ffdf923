import { defineDirectionalLayout } from './define-layout.js';
import { native, type StoredArray, type StoredArrays } from './description.js';

const SOURCE = 'ONNX operators RNN, GRU, LSTM: github.com/onnx/onnx/blob/main/docs/Operators.md';

const W = (gates: readonly string[]): StoredArray => ({
  holds: ['kernel'],
  dimensions: [['direction'], ['gate', 'unit'], ['row']],
  gates,
});

const R = (gates: readonly string[]): StoredArray => ({ ...W(gates), holds: ['recurrentKernel'] });

const B = (gates: readonly string[]): StoredArray => ({
  holds: ['bias'],
  dimensions: [['direction'], ['half', 'gate', 'unit']],
  gates,
  halves: [0, 1],
});

const P: StoredArray = {
  holds: ['recurrentVector'],
  dimensions: [['direction'], ['gate', 'unit']],
  gates: ['i', 'o', 'f'],
};

const form = (gates: readonly string[], cell: StoredArrays) => ({
  required: { W: W(gates), R: R(gates) },
  optional: { B: B(gates) },
  native: cell,
});

const lstm = (cell: StoredArrays) => {
  const { optional, ...rest } = form(['i', 'o', 'f', 'g'], cell);
  return { ...rest, optional: { ...optional, P } };
};

/**
 * ONNX: `W` `[directions, gates·units, inputSize]`, `R` `[directions, gates·units, units]`, `B`
 * `[directions, 2·gates·units]` (all input biases, then all recurrent ones), `P` `[directions, 3·units]`. Gates: GRU
 * z,r,h (Sluice: n); LSTM i,o,f,c (Sluice: g); peepholes i,o,f. `gru` has `linear_before_reset = 1`, which is
 * reset-after; `gruResetBefore` has 0, ONNX's default. `lstmInputForget` is for `input_forget = 1`: ONNX stores weights of a
 * forget gate without using them, Sluice does not store them; `fromNative` writes zeros.
 */
export const onnx = {
  simpleRnn: defineDirectionalLayout('onnx.simpleRnn', SOURCE, form(['h'], native.simpleRnn)),
  gru: defineDirectionalLayout('onnx.gru', SOURCE, form(['z', 'r', 'n'], native.gru)),
  gruResetBefore: defineDirectionalLayout(
    'onnx.gruResetBefore',
    SOURCE,
    form(['z', 'r', 'n'], native.gruResetBefore),
  ),
  lstm: defineDirectionalLayout('onnx.lstm', SOURCE, lstm(native.lstmWithPeephole)),
  lstmInputForget: defineDirectionalLayout('onnx.lstmInputForget', SOURCE, lstm(native.lstmInputForget)),
};
