import type { ParameterRole } from '../equations/parameters.js';
import { defineLayout } from './define-layout.js';
import { native, type StoredArray } from './description.js';

const SOURCE = 'torch.nn.RNN, torch.nn.LSTM, torch.nn.GRU: section "Variables"';

const rows = (holds: ParameterRole, gates: readonly string[]): StoredArray => ({
  holds: [holds],
  dimensions: [['gate', 'unit'], ['row']],
  gates,
});

const bias = (half: number, gates: readonly string[]): StoredArray => ({
  holds: ['bias'],
  dimensions: [['gate', 'unit']],
  gates,
  halves: [half],
});

const form = (gates: readonly string[], cell: 'simpleRnn' | 'gru' | 'lstm') => ({
  required: { weightIh: rows('kernel', gates), weightHh: rows('recurrentKernel', gates) },
  optional: { biasIh: bias(0, gates), biasHh: bias(1, gates) },
  native: native[cell],
});

const plainLstm = form(['i', 'f', 'g', 'o'], 'lstm');
const weightHr: StoredArray = {
  holds: ['projection'],
  dimensions: [['gate', 'unit'], ['row']],
  gates: ['h'],
};
const lstm = { ...plainLstm, optional: { ...plainLstm.optional, weightHr } };

/**
 * PyTorch: `weight_ih` `[gates·units, inputSize]`, `weight_hh` `[gates·units, units]`, `bias_ih` and `bias_hh`
 * `[gates·units]`, of one layer and direction (`…_l0`, `…_l0_reverse`). Gates: LSTM i,f,g,o; GRU r,z,n. PyTorch's GRU
 * is cuDNN's: reset-after, and the reset gate also multiplies `b_hn`. With `proj_size` an LSTM has `weight_hr`
 * `[projection, units]`, and `weight_hh` is `[4·units, projection]`: give `projection` with the sizes.
 */
export const pytorch = {
  simpleRnn: defineLayout('pytorch.simpleRnn', SOURCE, form(['h'], 'simpleRnn')),
  gru: defineLayout('pytorch.gru', SOURCE, form(['r', 'z', 'n'], 'gru')),
  lstm: defineLayout('pytorch.lstm', SOURCE, lstm),
};
