/** Cells as users write them. */
import { defineCell, type JsonObject } from '@sluice/core';
import {
  bias,
  concat,
  greater,
  kernel,
  max,
  recurrentKernel,
  repeat,
  slice,
  softmax,
  split,
  sum,
  sumParts,
  tanh,
  tile,
  where,
} from '@sluice/core/equations';

/**
 * A user's cell: two matrices of the input, of one of which a block in the middle multiplies nothing, a comparison, a state that
 * is the same for all sequences, and an output that is no state.
 */
export const ownCell = (options: JsonObject = {}) =>
  defineCell({
    name: 'ownCell',
    options,
    states: ['h', 'k'],
    parameters: {
      first: kernel('a', 'unused', 'b'),
      second: kernel('c'),
      own: recurrentKernel('a', 'b'),
      b: bias('a', 'b'),
    },
    equations: ({ x, h, k }, { first, second, own, b }) => {
      const a = tanh(first.a(x).add(own.a(h)).add(b.a));
      const gate = where(greater(a, 0.1), a.mul(2), own.b(a.mul(h)));
      return { h: gate.add(k), k: b.b, output: a.mul(gate).div(3).sub(first.b(x)).add(second.c(x)) };
    },
  });

/** Rows of several widths, every operation on whole rows, parts of matrices, a state that is a wider row of one number. */
export const rows = defineCell({
  name: 'rows',
  states: { h: 4, window: 8, s: 3 },
  parameters: {
    kernel: { ...kernel('a', 'b'), width: 4 },
    part: { ...kernel('p'), rows: 2, width: 4 },
    joined: { ...kernel('j'), rows: ({ inputSize }) => inputSize + 4, width: 4 },
    grouped: { ...recurrentKernel('g', 'k'), rows: 4, width: 4, groups: 2 },
    bias: { ...bias('b', 'c'), width: 4 },
  },
  equations: ({ x, h, window, s }, { kernel: W, part, joined, grouped: U, bias: b }) => {
    const scores = sum(window.mul(tile(W.a(x), 2)), 2).mul(0.25);
    const context = sumParts(window.mul(repeat(softmax(scores), 4)), 2);
    const a = tanh(
      joined
        .j(concat(x, context))
        .add(U.g(h))
        .add(part.p(slice(x, 1, 2)))
        .add(b.b),
    );
    const next = tanh(a.add(U.k(slice(window, 3, 4))).mul(sum(s).mul(max(b.c))));
    return {
      h: next,
      window: concat(split(window, 2)[1], a),
      s: tanh(sum(x)),
      output: concat(sum(next, 2), b.c, W.b(x)),
    };
  },
});
