import { type ActivationName, activation } from '../equations/activations.js';
import { type Cell, defineCell } from '../equations/define-cell.js';
import { bias, kernel, recurrentKernel, recurrentVector } from '../equations/parameters.js';
import { checkOptions } from './options.js';

export interface LstmOptions {
  /** Of the candidate and of the cell state on its way out. Default `tanh`. */
  readonly activation?: ActivationName;
  /** Of the gates. Default `sigmoid`. */
  readonly recurrentActivation?: ActivationName;
  /** Whether the gates see the cell state (Gers 2000): `i` and `f` the old one, `o` the new one. Default false. */
  readonly peephole?: boolean;
  /** Default true. */
  readonly useBias?: boolean;
}

/**
 * Long short-term memory. Hochreiter & Schmidhuber 1997, with the forget gate of Gers 2000.
 * Blocks in Keras order: input, forget, candidate, output. The forget bias starts at 1 (Jozefowicz 2015).
 */
export function lstm(options: LstmOptions = {}): Cell {
  checkOptions('lstm', options, {
    activation: 'activation',
    recurrentActivation: 'activation',
    peephole: 'boolean',
    useBias: 'boolean',
  });
  const act = activation(options.activation ?? 'tanh');
  const gate = activation(options.recurrentActivation ?? 'sigmoid');
  const gates = { kernel: kernel('i', 'f', 'g', 'o'), recurrentKernel: recurrentKernel('i', 'f', 'g', 'o') };
  const offsets = { bias: { ...bias('i', 'f', 'g', 'o'), initial: { f: 1 } } };
  const { useBias } = options;
  const definition = { name: 'lstm', options: { ...options }, states: ['h', 'c'] as const, useBias };
  if (options.peephole) {
    return defineCell({
      ...definition,
      source: 'Gers & Schmidhuber 2000',
      parameters: {
        ...gates,
        recurrentVector: { ...recurrentVector('i', 'f', 'o'), symbol: 'p' },
        ...offsets,
      },
      equations: ({ x, h, c }, { kernel: W, recurrentKernel: U, recurrentVector: p, bias: b }) => {
        const i = gate(W.i(x).add(U.i(h)).add(p.i.mul(c)).add(b.i));
        const f = gate(W.f(x).add(U.f(h)).add(p.f.mul(c)).add(b.f));
        const g = act(W.g(x).add(U.g(h)).add(b.g));
        const memory = f.mul(c).add(i.mul(g));
        const o = gate(W.o(x).add(U.o(h)).add(p.o.mul(memory)).add(b.o));
        return { i, f, g, c: memory, o, h: o.mul(act(memory)) };
      },
    });
  }
  return defineCell({
    ...definition,
    source: 'Hochreiter & Schmidhuber 1997; Gers 2000',
    parameters: { ...gates, ...offsets },
    equations: ({ x, h, c }, { kernel: W, recurrentKernel: U, bias: b }) => {
      const i = gate(W.i(x).add(U.i(h)).add(b.i));
      const f = gate(W.f(x).add(U.f(h)).add(b.f));
      const g = act(W.g(x).add(U.g(h)).add(b.g));
      const o = gate(W.o(x).add(U.o(h)).add(b.o));
      const memory = f.mul(c).add(i.mul(g));
      return { i, f, g, o, c: memory, h: o.mul(act(memory)) };
    },
  });
}
