import { activation } from '../equations/activations.js';
import type { Expression } from '../equations/expression.js';
import { type Cell, makeCell } from '../equations/make-cell.js';
import {
  bias,
  kernel,
  projection as projectionOf,
  recurrentKernel,
  recurrentVector,
  type Size,
} from '../equations/parameters.js';
import { layerNormLstm } from './layer-norm-lstm.js';
import type { LstmOptions } from './lstm-options.js';
import { checkOptions, clipTo, refuseTogether } from './options.js';

/**
 * Long short-term memory. Hochreiter & Schmidhuber 1997, with the forget gate of Gers 2000.
 * Blocks in Keras order: input, forget (unless coupled), candidate, output. The forget bias starts at 1 (Jozefowicz 2015).
 * With coupled gates the input bias starts at −1, which is the same.
 */
export function lstm(options: LstmOptions = {}): Cell {
  checkOptions('lstm', options, {
    activation: 'activation',
    recurrentActivation: 'activation',
    outputActivation: 'activation',
    peephole: 'boolean',
    inputForget: 'boolean',
    projection: 'positive whole number',
    layerNorm: 'boolean',
    clip: 'positive number',
    useBias: 'boolean',
  });
  const { peephole = false, inputForget = false, projection, useBias } = options;
  if (options.layerNorm) {
    refuseTogether('lstm', 'layerNorm', { peephole, inputForget, projection, clip: options.clip });
    return layerNormLstm(options);
  }
  const act = activation(options.activation ?? 'tanh');
  const gate = activation(options.recurrentActivation ?? 'sigmoid');
  const outputAct = activation(options.outputActivation ?? options.activation ?? 'tanh');
  const clip = clipTo(options.clip);
  const blocks: ('i' | 'f' | 'g' | 'o')[] = inputForget ? ['i', 'g', 'o'] : ['i', 'f', 'g', 'o'];
  const peepholeGates: ('i' | 'f' | 'o')[] = inputForget ? ['i', 'o'] : ['i', 'f', 'o'];
  const width: Size = projection ?? 'units';
  const projections = { projection: { ...projectionOf('h'), width } };
  const peepholes = { recurrentVector: { ...recurrentVector(...peepholeGates), symbol: 'p' } };
  return makeCell({
    name: 'lstm',
    options: { ...options },
    source: peephole ? 'Gers & Schmidhuber 2000' : 'Hochreiter & Schmidhuber 1997; Gers 2000',
    states: { h: width, c: 'units' },
    useBias,
    parameters: {
      kernel: kernel(...blocks),
      recurrentKernel: { ...recurrentKernel(...blocks), ...(projection && { rows: projection }) },
      ...((projection ? projections : {}) as typeof projections),
      ...((peephole ? peepholes : {}) as typeof peepholes),
      bias: { ...bias(...blocks), initial: inputForget ? { i: -1 } : { f: 1 } },
    },
    equations: ({ x, h, c }, parameters) => {
      const { kernel: W, recurrentKernel: U, bias: b } = parameters;
      /** A gate, which reads a cell state if it has a peephole. */
      const gateOf = (name: 'i' | 'f' | 'o', state: Expression): Expression => {
        const sum = W[name](x).add(U[name](h));
        const all = peephole ? sum.add(parameters.recurrentVector[name].mul(state)) : sum;
        return gate(clip(all.add(b[name])));
      };
      const i = gateOf('i', c);
      const f = inputForget ? i.oneMinus() : gateOf('f', c);
      const g = act(clip(W.g(x).add(U.g(h)).add(b.g)));
      const memory = f.mul(c).add(i.mul(g));
      const o = gateOf('o', memory);
      // In the order of computation.
      const named = peephole ? { i, f, g, c: memory, o } : { i, f, g, o, c: memory };
      const output = o.mul(outputAct(memory));
      return { ...named, h: projection ? parameters.projection.h(output) : output };
    },
  });
}
