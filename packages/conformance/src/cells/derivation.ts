import { defineCell } from '@sluice/core';
import { bias, kernel, recurrentKernel, recurrentVector, sigmoid, tanh } from '@sluice/core/equations';
import { own, type Variant } from './variant.js';

const twoStages = defineCell({
  name: 'a product of a function of a product',
  states: ['h'],
  parameters: { kernel: kernel('h'), recurrentKernel: recurrentKernel('a', 'b') },
  equations: ({ x, h }, { kernel: W, recurrentKernel: U }) => ({
    h: tanh(W.h(x).add(U.b(tanh(U.a(h))))),
  }),
});

const fourStages = defineCell({
  name: 'products four deep, read by each other and by the output',
  states: ['h', 'g'],
  parameters: { kernel: kernel('h'), recurrentKernel: recurrentKernel('a', 'b', 'c', 'd') },
  equations: ({ x, h, g }, { kernel: W, recurrentKernel: U }) => {
    const a = U.a(h);
    const b = U.b(a);
    const c = U.c(tanh(a.add(b)).mul(g));
    const d = U.d(sigmoid(c).mul(h));
    return { h: tanh(W.h(x).add(b).add(c)), g: tanh(a.add(d)), output: a.add(d.mul(c)) };
  },
});

const blockTwice = defineCell({
  name: 'one block used with two operands',
  states: ['h', 'g'],
  parameters: { kernel: kernel('h', 'g'), recurrentKernel: recurrentKernel('a', 'b') },
  equations: ({ x, h, g }, { kernel: W, recurrentKernel: U }) => ({
    h: tanh(W.h(x).add(U.a(h)).add(U.b(g))),
    g: tanh(
      W.g(x)
        .add(U.a(g))
        .sub(U.a(h.mul(g))),
    ),
  }),
});

const outputOfInputAlone = defineCell({
  name: 'an output that depends on the input alone',
  states: ['h'],
  parameters: { kernel: kernel('h', 'o'), recurrentKernel: recurrentKernel('h') },
  equations: ({ x, h }, { kernel: W, recurrentKernel: U }) => ({
    h: tanh(W.h(x).add(U.h(h))),
    output: tanh(W.o(x)),
  }),
});

const outputIsProjection = defineCell({
  name: 'an output that is an input projection, a state that is too',
  states: ['h', 'g'],
  parameters: { kernel: kernel('h', 'g', 'o') },
  equations: ({ x, h, g }, { kernel: W }) => ({
    h: W.h(x),
    g: h.mul(g).mul(0.5).add(W.g(x)),
    output: W.o(x),
  }),
});

const rawProduct = defineCell({
  name: 'states that are raw products',
  states: ['h', 'g'],
  parameters: { kernel: kernel('g'), recurrentKernel: recurrentKernel('h', 'g') },
  equations: ({ x, h, g }, { kernel: W, recurrentKernel: U }) => ({
    h: U.h(g),
    g: U.g(tanh(W.g(x).add(h))),
  }),
});

const outputProduct = defineCell({
  name: 'an output that is a product of the new state',
  states: ['h'],
  parameters: {
    kernel: kernel('h'),
    recurrentKernel: recurrentKernel('h'),
    outputKernel: { ...recurrentKernel('y'), symbol: 'V' },
  },
  equations: ({ x, h }, { kernel: W, recurrentKernel: U, outputKernel: V }) => {
    const next = tanh(W.h(x).add(U.h(h)));
    return { h: next, output: V.y(next) };
  },
});

const unusedBlocks = defineCell({
  name: 'blocks that no equation uses',
  states: ['h'],
  parameters: {
    kernel: kernel('first', 'a', 'gap', 'b', 'last'),
    recurrentKernel: recurrentKernel('a', 'gap', 'b'),
    spare: recurrentKernel('z'),
    bias: bias('gap', 'a', 'last'),
  },
  equations: ({ x, h }, { kernel: W, recurrentKernel: U, bias: b }) => ({
    h: tanh(W.a(x).mul(U.b(h)).add(W.b(x)).add(U.a(h)).add(b.a)),
  }),
});

const constantState = defineCell({
  name: 'a state that becomes a constant',
  states: ['h', 'zero'],
  parameters: { kernel: kernel('h'), bias: bias('zero') },
  useBias: false,
  equations: ({ x, h, zero }, { kernel: W, bias: b }) => ({
    h: tanh(W.h(x).add(h.mul(0.5)).add(zero)),
    zero: b.zero,
  }),
});

const vectorState = defineCell({
  name: 'a state that becomes a parameter, a product of a parameter',
  states: ['h', 'p'],
  parameters: {
    kernel: kernel('h'),
    recurrentKernel: recurrentKernel('h'),
    recurrentVector: recurrentVector('p'),
  },
  equations: ({ x, h, p }, { kernel: W, recurrentKernel: U, recurrentVector: v }) => ({
    h: tanh(W.h(x).add(U.h(v.p)).add(h.mul(p))),
    p: v.p,
  }),
});

const swap = defineCell({
  name: 'states that change places',
  states: ['a', 'b'],
  parameters: { kernel: kernel('a'), recurrentVector: recurrentVector('a') },
  equations: ({ x, a, b }, { kernel: W, recurrentVector: v }) => ({
    a: b,
    b: a,
    output: tanh(W.a(x).add(v.a.mul(a))).sub(b),
  }),
});

const delay = defineCell({
  name: 'a recurrence over two steps',
  states: ['h', 'before'],
  parameters: { kernel: kernel('h'), recurrentKernel: recurrentKernel('h', 'before') },
  equations: ({ x, h, before }, { kernel: W, recurrentKernel: U }) => ({
    h: tanh(W.h(x).add(U.h(h)).add(U.before(before))),
    before: h,
    output: h,
  }),
});

const forgetful = defineCell({
  name: 'a state that nothing reads',
  states: ['h', 'unread'],
  parameters: { kernel: kernel('h'), recurrentKernel: recurrentKernel('h') },
  equations: ({ x, h }, { kernel: W, recurrentKernel: U }) => {
    const next = tanh(W.h(x).add(U.h(h)));
    return { h: next, unread: next };
  },
});

const equalStates = defineCell({
  name: 'two states with one value, products of both',
  states: ['a', 'b'],
  parameters: { kernel: kernel('a'), recurrentKernel: recurrentKernel('a', 'b') },
  equations: ({ x, a, b }, { kernel: W, recurrentKernel: U }) => {
    const next = tanh(W.a(x).add(U.a(a)).sub(U.b(b)));
    return { a: next, b: next };
  },
});

const twoKernels = defineCell({
  name: 'several matrices of each role',
  states: ['h'],
  parameters: {
    kernel: kernel('a'),
    gateKernel: { ...kernel('z'), symbol: 'G' },
    recurrentKernel: recurrentKernel('a'),
    gateRecurrentKernel: { ...recurrentKernel('z'), symbol: 'H' },
    bias: bias('a'),
    gateBias: { ...bias('z', 'spare'), symbol: 'g' },
  },
  equations: (
    { x, h },
    { kernel: W, gateKernel: G, recurrentKernel: U, gateRecurrentKernel: H, bias: b, gateBias: g },
  ) => {
    const z = sigmoid(G.z(x).add(H.z(h)).add(g.z));
    return { h: z.mul(h).add(z.oneMinus().mul(tanh(W.a(x).add(U.a(h)).add(b.a)))) };
  },
});

const inputOutsideProducts = defineCell({
  name: 'the input outside of products, where the sizes are equal',
  states: ['h'],
  parameters: { kernel: kernel('h', 's'), recurrentKernel: recurrentKernel('h') },
  equations: ({ x, h }, { kernel: W, recurrentKernel: U }, { inputSize, units }) => {
    const skip = inputSize === units ? tanh(x).mul(x) : W.s(x);
    const gated = inputSize === units ? U.h(x.mul(h)) : U.h(h);
    return { h: tanh(W.h(x).add(gated).add(skip)), output: inputSize === units ? x.sub(h) : skip };
  },
});

const functionOfInput = defineCell({
  name: 'a product of a function of the input, where the sizes are equal',
  states: ['h'],
  parameters: { kernel: kernel('h', 'n') },
  equations: ({ x, h }, { kernel: W }, { inputSize, units }) => ({
    h: tanh(W.h(x))
      .add(W.n(inputSize === units ? tanh(x) : x))
      .mul(0.5)
      .add(h.mul(0.5)),
  }),
});

/** Unusual cells. Each tests a special case in the derivation of plans and gradients. */
export const derivationVariants: readonly Variant[] = [
  twoStages,
  fourStages,
  blockTwice,
  outputOfInputAlone,
  outputIsProjection,
  rawProduct,
  outputProduct,
  unusedBlocks,
  constantState,
  vectorState,
  swap,
  delay,
  forgetful,
  equalStates,
  twoKernels,
  inputOutsideProducts,
  functionOfInput,
].map(own);
