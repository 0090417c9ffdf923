import { activation } from '../equations/activations.js';
import type { Expression } from '../equations/expression.js';
import { type Cell, makeCell } from '../equations/make-cell.js';
import { bias, kernel, recurrentKernel } from '../equations/parameters.js';
import { normalize } from '../equations/rows.js';
import { gains, normalizeTogether } from './layer-norm.js';
import type { LstmOptions } from './lstm-options.js';

const GATES = ['i', 'f', 'g', 'o'] as const;
type Gate = (typeof GATES)[number];

/**
 * `lstm({ layerNorm: true })`: layer normalisation of both products, over all gates together, and of the cell state in the
 * output. Ba et al. 2016, arXiv:1607.06450, equations 20 to 22. The forget bias starts at 1.
 */
export function layerNormLstm(options: LstmOptions): Cell {
  const act = activation(options.activation ?? 'tanh');
  const gate = activation(options.recurrentActivation ?? 'sigmoid');
  const outputAct = activation(options.outputActivation ?? options.activation ?? 'tanh');
  return makeCell({
    name: 'lstm',
    source: 'Ba et al. 2016, arXiv:1607.06450',
    options: { ...options },
    states: ['h', 'c'],
    useBias: options.useBias,
    parameters: {
      kernel: kernel(...GATES),
      recurrentKernel: recurrentKernel(...GATES),
      kernelGain: gains(...GATES),
      recurrentGain: { ...gains(...GATES), symbol: 'δ' },
      stateGain: gains('c'),
      bias: { ...bias(...GATES), initial: { f: 1 } },
      stateBias: { ...bias('c'), symbol: 'β' },
    },
    equations: ({ x, h, c }, parameters) => {
      const { kernel: W, recurrentKernel: U, kernelGain, recurrentGain, stateGain, bias: b } = parameters;
      const each = (product: (gate: Gate) => Expression) =>
        ({ i: product('i'), f: product('f'), g: product('g'), o: product('o') }) as const;
      const fromInput = normalizeTogether(
        each((gate) => W[gate](x)),
        kernelGain,
      );
      const fromState = normalizeTogether(
        each((gate) => U[gate](h)),
        recurrentGain,
      );
      const sum = (gate: Gate) => fromInput[gate].add(fromState[gate]).add(b[gate]);
      const [i, f, o] = [gate(sum('i')), gate(sum('f')), gate(sum('o'))];
      const g = act(sum('g'));
      const memory = f.mul(c).add(i.mul(g));
      const shown = normalize(memory).mul(stateGain.c).add(parameters.stateBias.c);
      return { i, f, g, o, c: memory, h: o.mul(outputAct(shown)) };
    },
  });
}
