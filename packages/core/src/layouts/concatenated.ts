import { defineLayout } from './define-layout.js';
import { native, type StoredArray } from './description.js';

const SOURCE = 'Textbook notation W·[h, x] + b, such as Olah 2015, "Understanding LSTM networks"';

/** One gate's matrix `[units, units + inputSize]`: a row per unit, the state's columns first. */
const weight = (gate: string): StoredArray => ({
  holds: ['recurrentKernel', 'kernel'],
  dimensions: [['unit'], ['row']],
  gates: [gate],
});

const bias = (gate: string): StoredArray => ({ holds: ['bias'], dimensions: [['unit']], gates: [gate] });

/**
 * One matrix `[units, units + inputSize]` and one bias `[units]` per gate, for `W·[h, x] + b`. A GRU written so
 * multiplies `[r ⊙ h, x]` for its candidate, so it is reset-before; the same storage serves an SRU with full recurrence.
 */
export const concatenated = {
  simpleRnn: defineLayout('concatenated.simpleRnn', SOURCE, {
    required: { weight: weight('h') },
    optional: { bias: bias('h') },
    native: native.simpleRnn,
  }),
  gru: defineLayout('concatenated.gru', SOURCE, {
    required: { updateWeight: weight('z'), resetWeight: weight('r'), candidateWeight: weight('n') },
    optional: { updateBias: bias('z'), resetBias: bias('r'), candidateBias: bias('n') },
    native: native.gruResetBefore,
  }),
  lstm: defineLayout('concatenated.lstm', SOURCE, {
    required: {
      inputWeight: weight('i'),
      forgetWeight: weight('f'),
      candidateWeight: weight('g'),
      outputWeight: weight('o'),
    },
    optional: {
      inputBias: bias('i'),
      forgetBias: bias('f'),
      candidateBias: bias('g'),
      outputBias: bias('o'),
    },
    native: native.lstm,
  }),
};
