/** Cells whose rows have several lengths, and operations on whole rows. */
import { defineCell } from '@sluice/core';
import {
  bias,
  concat,
  exp,
  kernel,
  log,
  max,
  mean,
  normalize,
  normalizeRms,
  recurrentKernel,
  recurrentVector,
  repeat,
  sigmoid,
  slice,
  softmax,
  softplus,
  split,
  sum,
  sumParts,
  tanh,
  tile,
} from '@sluice/core/equations';
import { own, type Variant } from './variant.js';

const projected = defineCell({
  name: 'a state narrower than the gates',
  states: { h: 3, c: 'units' },
  parameters: {
    kernel: kernel('i', 'f', 'g', 'o'),
    recurrentKernel: { ...recurrentKernel('i', 'f', 'g', 'o'), rows: 3 },
    projection: { ...kernel('h'), rows: 'units', width: 3, symbol: 'P' },
    bias: bias('i', 'f', 'g', 'o'),
  },
  equations: ({ x, h, c }, { kernel: W, recurrentKernel: U, projection: P, bias: b }) => {
    const gate = (name: 'i' | 'f' | 'g' | 'o') => W[name](x).add(U[name](h)).add(b[name]);
    const memory = sigmoid(gate('f'))
      .mul(c)
      .add(sigmoid(gate('i')).mul(tanh(gate('g'))));
    return { c: memory, h: P.h(sigmoid(gate('o')).mul(tanh(memory))) };
  },
});

const normalized = defineCell({
  name: 'normalized rows with gains',
  states: ['h', 'g'],
  parameters: {
    kernel: kernel('a', 'b'),
    recurrentKernel: recurrentKernel('a', 'b'),
    gain: { ...recurrentVector('a', 'b'), symbol: 'g' },
    bias: bias('a'),
  },
  equations: ({ x, h, g }, { kernel: W, recurrentKernel: U, gain, bias: b }) => {
    const a = tanh(
      normalize(W.a(x).add(U.a(h)))
        .mul(gain.a)
        .add(b.a),
    );
    const other = normalizeRms(W.b(x).add(U.b(g))).mul(gain.b);
    return { h: a.mul(0.5).add(h.mul(0.5)), g: tanh(other).mul(sigmoid(mean(h))), output: a.add(max(other)) };
  },
});

const WINDOW = 3;
const attention = defineCell({
  name: 'attention over the last states',
  states: { h: 'units', window: ({ units }) => WINDOW * units },
  parameters: { kernel: kernel('q', 'h'), recurrentKernel: recurrentKernel('q', 'h') },
  equations: ({ x, h, window }, { kernel: W, recurrentKernel: U }, { units }) => {
    const query = W.q(x).add(U.q(h));
    const scores = sum(window.mul(tile(query, WINDOW)), WINDOW).mul(1 / Math.sqrt(units));
    const context = sumParts(window.mul(repeat(softmax(scores), units)), WINDOW);
    const next = tanh(W.h(x).add(U.h(context)));
    return { h: next, window: concat(...split(window, WINDOW).slice(1), next) };
  },
});

/** A matrix for each sequence, such as an encoder's outputs, is a state that stays as it is. */
const GIVEN = 3;
const givenMatrix = defineCell({
  name: 'attention over rows from outside',
  states: { h: 'units', given: ({ units }) => GIVEN * units },
  parameters: { kernel: kernel('q', 'h'), recurrentKernel: recurrentKernel('q', 'h') },
  equations: ({ x, h, given }, { kernel: W, recurrentKernel: U }, { units }) => {
    const query = tanh(W.q(x).add(U.q(h)));
    const weights = softmax(sum(given.mul(tile(query, GIVEN)), GIVEN));
    const context = sumParts(given.mul(repeat(weights, units)), GIVEN);
    return { h: tanh(W.h(x).add(U.h(context))), given };
  },
});

const SIZE = 4;
const memory = defineCell({
  name: 'a matrix as state',
  states: { M: SIZE * SIZE, n: SIZE, m: 1 },
  parameters: {
    kernel: { ...kernel('q', 'k', 'v'), width: SIZE },
    gates: { ...kernel('i', 'f'), width: 1, symbol: 'w' },
    bias: { ...bias('i', 'f'), width: 1 },
    output: { ...kernel('o'), rows: SIZE, symbol: 'O' },
  },
  equations: ({ x, M, n, m }, { kernel: W, gates, bias: b, output: O }) => {
    const key = W.k(x).mul(1 / Math.sqrt(SIZE));
    const i = gates.i(x).add(b.i);
    const f = softplus(gates.f(x).add(b.f).neg()).neg();
    const level = f.add(m).max(i);
    const [keep, write] = [exp(f.add(m).sub(level)), exp(i.sub(level))];
    const next = M.mul(keep).add(repeat(W.v(x), SIZE).mul(tile(key, SIZE)).mul(write));
    const norm = n.mul(keep).add(key.mul(write));
    const query = W.q(x);
    const divisor = sum(norm.mul(query))
      .max(sum(norm.mul(query)).neg())
      .max(exp(level.neg()));
    const read = sum(next.mul(tile(query, SIZE)), SIZE).div(divisor);
    return { M: next, n: norm, m: level, output: tanh(O.o(read)) };
  },
});

const grouped = defineCell({
  name: 'block-diagonal matrices',
  states: { h: 6, g: 4 },
  parameters: {
    kernel: { ...kernel('h', 'z'), width: 6 },
    recurrentKernel: { ...recurrentKernel('h', 'z'), rows: 6, width: 6, groups: 3 },
    other: { ...recurrentKernel('g'), rows: 6, width: 4, groups: 2, symbol: 'V' },
  },
  equations: ({ x, h, g }, { kernel: W, recurrentKernel: U, other: V }) => {
    const z = sigmoid(W.z(x).add(U.z(h)));
    const next = z.mul(h).add(z.oneMinus().mul(tanh(W.h(x).add(U.h(h)))));
    return { h: next, g: tanh(V.g(next).add(g.mul(0.5))), output: concat(next, g) };
  },
});

const parts = defineCell({
  name: 'parts of rows, put together',
  states: { h: 'units', long: ({ units }) => 2 * units + 1 },
  parameters: {
    kernel: kernel('h', 'g'),
    recurrentKernel: { ...recurrentKernel('h'), rows: ({ units }) => 2 * units },
    lowRank: { ...recurrentKernel('d'), width: 2, symbol: 'D' },
    highRank: { ...recurrentKernel('u'), rows: 2, symbol: 'E' },
    scale: { ...recurrentVector('s'), width: 1, symbol: 's' },
  },
  equations: ({ x, h, long }, { kernel: W, recurrentKernel: U, lowRank, highRank, scale }, { units }) => {
    const first = slice(long, 0, units);
    const inner = slice(long, 1, units).mul(scale.s);
    const a = tanh(U.h(concat(h, first)).add(W.h(x)));
    const b = highRank.u(lowRank.d(a.mul(inner)));
    const next = concat(sigmoid(W.g(x)), a.sub(first), sum(h).mul(0.1));
    return { h: tanh(a.add(b)).mul(scale.s), long: tanh(next), output: concat(b, slice(next, units, 1)) };
  },
});

const oneNumber = defineCell({
  name: 'one number stands for a row',
  states: { h: 'units', s: 1 },
  parameters: {
    kernel: kernel('h'),
    score: { ...kernel('s'), width: 1, symbol: 'w' },
    back: { ...recurrentKernel('h'), rows: 1, symbol: 'B' },
  },
  equations: ({ x, h, s }, { kernel: W, score, back }) => {
    const next = tanh(score.s(x).add(s).add(mean(h)));
    const logSum = log(sum(exp(h)));
    return {
      s: next,
      h: tanh(W.h(x).add(back.h(s)).add(h.mul(next))).sub(logSum.mul(0.1)),
      output: next.mul(logSum),
    };
  },
});

/** A causal convolution over three steps: the last inputs are a state. */
const convolution = defineCell({
  name: 'a causal convolution in front of a recurrence',
  states: { h: 'units', past: ({ inputSize }) => 2 * inputSize },
  parameters: {
    kernel: { ...kernel('h'), rows: ({ inputSize }) => 3 * inputSize },
    recurrentKernel: recurrentKernel('h'),
  },
  equations: ({ x, h, past }, { kernel: W, recurrentKernel: U }) => {
    const window = concat(past, x);
    return { h: tanh(W.h(window).add(U.h(h))), past: concat(split(past, 2)[1], x) };
  },
});

export const rowVariants: readonly Variant[] = [
  projected,
  normalized,
  attention,
  givenMatrix,
  memory,
  grouped,
  parts,
  oneNumber,
  convolution,
].map(own);
