import { defineCell } from '@sluice/core';
import {
  bias,
  kernel,
  recurrentKernel,
  recurrentVector,
  sigmoid,
  softplus,
  tanh,
} from '@sluice/core/equations';
import { own, type Variant } from './variant.js';

/** An LSTM whose input gate is one minus its forget gate. Greff et al. 2015, arXiv:1503.04069 (CIFG). */
const coupledLstm = defineCell({
  name: 'coupled input-forget LSTM',
  states: ['h', 'c'],
  parameters: {
    kernel: kernel('f', 'g', 'o'),
    recurrentKernel: recurrentKernel('f', 'g', 'o'),
    bias: bias('f', 'g', 'o'),
  },
  equations: ({ x, h, c }, { kernel: W, recurrentKernel: U, bias: b }) => {
    const f = sigmoid(W.f(x).add(U.f(h)).add(b.f));
    const g = tanh(W.g(x).add(U.g(h)).add(b.g));
    const o = sigmoid(W.o(x).add(U.o(h)).add(b.o));
    const memory = f.mul(c).add(f.oneMinus().mul(g));
    return { f, g, o, c: memory, h: o.mul(tanh(memory)) };
  },
});

/** fo-pooling over projections of the input. Bradbury et al. 2016, arXiv:1611.01576 (QRNN, window 1). */
const foPooling = defineCell({
  name: 'QRNN fo-pooling',
  states: ['c'],
  parameters: { kernel: kernel('z', 'f', 'o') },
  equations: ({ x, c }, { kernel: W }) => {
    const f = sigmoid(W.f(x));
    const memory = f.mul(c).add(f.oneMinus().mul(tanh(W.z(x))));
    return { c: memory, output: sigmoid(W.o(x)).mul(memory) };
  },
});

/** Feng et al. 2024, arXiv:2410.01201, section 3.2 (minLSTM). */
const minLstm = defineCell({
  name: 'minLSTM',
  states: ['h'],
  parameters: { kernel: kernel('f', 'i', 'g'), bias: bias('f', 'i', 'g') },
  equations: ({ x, h }, { kernel: W, bias: b }) => {
    const f = sigmoid(W.f(x).add(b.f));
    const i = sigmoid(W.i(x).add(b.i));
    const g = W.g(x).add(b.g);
    return {
      h: f
        .div(f.add(i))
        .mul(h)
        .add(i.div(f.add(i)).mul(g)),
    };
  },
});

/** Krause et al. 2016, arXiv:1609.07959, as a plain recurrence: the state is gated by the input before its product. */
const multiplicative = defineCell({
  name: 'multiplicative RNN',
  states: ['h'],
  parameters: { kernel: kernel('m', 'h'), recurrentKernel: recurrentKernel('m', 'h') },
  equations: ({ x, h }, { kernel: W, recurrentKernel: U }) => {
    const m = W.m(x).mul(U.m(h));
    return { m, h: tanh(W.h(x).add(U.h(m))) };
  },
});

/** An LSTM that projects its output before it becomes the state. Sak et al. 2014, arXiv:1402.1128 (projection of equal size). */
const projectedLstm = defineCell({
  name: 'projected LSTM',
  states: ['h', 'c'],
  parameters: {
    kernel: kernel('i', 'f', 'g', 'o'),
    recurrentKernel: recurrentKernel('i', 'f', 'g', 'o', 'p'),
    bias: bias('i', 'f', 'g', 'o'),
  },
  equations: ({ x, h, c }, { kernel: W, recurrentKernel: U, bias: b }) => {
    const i = sigmoid(W.i(x).add(U.i(h)).add(b.i));
    const f = sigmoid(W.f(x).add(U.f(h)).add(b.f));
    const g = tanh(W.g(x).add(U.g(h)).add(b.g));
    const o = sigmoid(W.o(x).add(U.o(h)).add(b.o));
    const memory = f.mul(c).add(i.mul(g));
    return { c: memory, h: U.p(o.mul(tanh(memory))) };
  },
});

/** A normaliser beside the cell state, after Beck et al. 2024, arXiv:2405.04517 (sLSTM), with a softplus input gate. */
const normalised = defineCell({
  name: 'LSTM with a normaliser',
  states: ['h', 'c', 'n'],
  parameters: {
    kernel: kernel('i', 'f', 'g'),
    recurrentKernel: recurrentKernel('i', 'f', 'g'),
    recurrentVector: recurrentVector('i'),
  },
  equations: ({ x, h, c, n }, { kernel: W, recurrentKernel: U, recurrentVector: v }) => {
    const i = softplus(W.i(x).add(U.i(h)).add(v.i.mul(h)));
    const f = sigmoid(W.f(x).add(U.f(h)));
    const memory = f.mul(c).add(i.mul(tanh(W.g(x).add(U.g(h)))));
    const total = f.mul(n).add(i);
    return { c: memory, n: total, h: tanh(memory.div(total.mul(total).add(1))) };
  },
});

/** Cells from the literature that the catalogue does not have. */
export const publishedVariants: readonly Variant[] = [
  coupledLstm,
  foPooling,
  minLstm,
  multiplicative,
  projectedLstm,
  normalised,
].map(own);
