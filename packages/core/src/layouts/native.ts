import { columns, type StoredArray, vector } from './description.js';

/** The two biases of a reset-after GRU, `[2, 3·units]`: input half, recurrent half. */
const bothHalves: StoredArray = {
  holds: ['bias'],
  dimensions: [['half'], ['gate', 'unit']],
  gates: ['z', 'r', 'n'],
  halves: [0, 1],
};

const matrices = (...gates: string[]) => ({
  kernel: columns('kernel', gates),
  recurrentKernel: columns('recurrentKernel', gates),
});

const lstm = { ...matrices('i', 'f', 'g', 'o'), bias: vector('bias', ['i', 'f', 'g', 'o']) };

const light = (...gates: string[]) => ({
  kernel: columns('kernel', gates),
  recurrentVector: vector('recurrentVector', ['f', 'r']),
  bias: vector('bias', ['f', 'r']),
});

/** How Sluice's own cells store their parameters: Keras's order and shapes. */
export const native = {
  simpleRnn: { ...matrices('h'), bias: vector('bias', ['h']) },
  gru: { ...matrices('z', 'r', 'n'), bias: bothHalves },
  gruResetBefore: { ...matrices('z', 'r', 'n'), bias: vector('bias', ['z', 'r', 'n']) },
  lstm,
  lstmWithPeephole: { ...lstm, recurrentVector: vector('recurrentVector', ['i', 'f', 'o']) },
  lstmInputForget: {
    ...matrices('i', 'g', 'o'),
    bias: vector('bias', ['i', 'g', 'o']),
    recurrentVector: vector('recurrentVector', ['i', 'o']),
  },
  sru: light('c', 'f', 'r'),
  sruWithSkip: light('c', 'f', 'r', 's'),
};
