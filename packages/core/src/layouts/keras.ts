import { defineLayout } from './define-layout.js';
import { native, type StoredArray } from './description.js';

const SOURCE = 'keras/src/layers/rnn; tfjs-layers/src/layers/recurrent.ts';

interface Arrays {
  readonly kernel: StoredArray;
  readonly recurrentKernel: StoredArray;
  readonly bias: StoredArray;
}

/** Keras stores the same arrays as Sluice. */
const same = (arrays: Arrays) => ({
  required: { kernel: arrays.kernel, recurrentKernel: arrays.recurrentKernel },
  optional: { bias: arrays.bias },
  native: { ...arrays },
});

/**
 * Keras and TensorFlow.js: `kernel` `[inputSize, gates·units]`, `recurrentKernel` `[units, gates·units]`, `bias`.
 * Gates: LSTM i,f,c,o (Sluice calls Keras's c `g`, the candidate); GRU z,r,h (Sluice: n). With `reset_after`, Keras 3's
 * default, a GRU's bias is `[2, 3·units]`: `gru`; without, TensorFlow.js's only form, `[3·units]`: `gruResetBefore`.
 */
export const keras = {
  simpleRnn: defineLayout('keras.simpleRnn', SOURCE, same(native.simpleRnn)),
  gru: defineLayout('keras.gru', SOURCE, same(native.gru)),
  gruResetBefore: defineLayout('keras.gruResetBefore', SOURCE, same(native.gruResetBefore)),
  lstm: defineLayout('keras.lstm', SOURCE, same(native.lstm)),
};
