import { type ActivationSetting, activation } from '../equations/activations.js';
import { type Cell, defineCell } from '../equations/define-cell.js';
import type { Expression } from '../equations/expression.js';
import { bias, kernel, recurrentKernel } from '../equations/parameters.js';
import { checkOptions, clipTo } from './options.js';

export interface GruOptions {
  /** Of the candidate. Default `tanh`. */
  readonly activation?: ActivationSetting;
  /** Of the gates. Default `sigmoid`. */
  readonly recurrentActivation?: ActivationSetting;
  /**
   * Whether the reset gate acts after the recurrent product (cuDNN, PyTorch, Keras's default) rather than before it
   * (Cho 2014). The first has one matrix product per step, the second two. Default true.
   */
  readonly resetAfter?: boolean;
  /** The meaning of `z = 1`: `keep` the state (Keras, PyTorch, ONNX; default) or `take` the candidate (Chung 2014). */
  readonly update?: 'keep' | 'take';
  /** Limits the arguments of activations to ±clip (ONNX: `clip`). Default: no limit. */
  readonly clip?: number;
  /** Default true. */
  readonly useBias?: boolean;
}

/** The new state from the update gate, the old state and the candidate. */
export function mixState(update: 'keep' | 'take', z: Expression, h: Expression, n: Expression): Expression {
  return update === 'keep' ? z.mul(h).add(z.oneMinus().mul(n)) : z.oneMinus().mul(h).add(z.mul(n));
}

/** Gated recurrent unit. Cho et al. 2014, arXiv:1406.1078. Blocks in Keras order: update, reset, candidate. */
export function gru(options: GruOptions = {}): Cell {
  checkOptions('gru', options, {
    activation: 'activation',
    recurrentActivation: 'activation',
    resetAfter: 'boolean',
    update: ['keep', 'take'],
    clip: 'positive number',
    useBias: 'boolean',
  });
  const clip = clipTo(options.clip);
  const candidateActivation = activation(options.activation ?? 'tanh');
  const gateActivation = activation(options.recurrentActivation ?? 'sigmoid');
  const act = (row: Expression) => candidateActivation(clip(row));
  const gate = (row: Expression) => gateActivation(clip(row));
  const { resetAfter = true, update = 'keep', useBias } = options;
  const matrices = { kernel: kernel('z', 'r', 'n'), recurrentKernel: recurrentKernel('z', 'r', 'n') };
  const definition = { name: 'gru', options: { ...options }, states: ['h'] as const, useBias };
  if (resetAfter) {
    return defineCell({
      ...definition,
      source: 'Cho et al. 2014, arXiv:1406.1078; reset-after form: cuDNN',
      // The second row of the stored bias is the recurrent one.
      parameters: { ...matrices, bias: { ...bias('z', 'r', 'n', "z'", "r'", "n'"), storedRows: 2 } },
      equations: ({ x, h }, { kernel: W, recurrentKernel: U, bias: b }) => {
        const z = gate(W.z(x).add(U.z(h)).add(b.z).add(b["z'"]));
        const r = gate(W.r(x).add(U.r(h)).add(b.r).add(b["r'"]));
        const n = act(
          W.n(x)
            .add(b.n)
            .add(r.mul(U.n(h).add(b["n'"]))),
        );
        return { z, r, n, h: mixState(update, z, h, n) };
      },
    });
  }
  return defineCell({
    ...definition,
    source: 'Cho et al. 2014, arXiv:1406.1078',
    parameters: { ...matrices, bias: bias('z', 'r', 'n') },
    equations: ({ x, h }, { kernel: W, recurrentKernel: U, bias: b }) => {
      const z = gate(W.z(x).add(U.z(h)).add(b.z));
      const r = gate(W.r(x).add(U.r(h)).add(b.r));
      const n = act(
        W.n(x)
          .add(U.n(r.mul(h)))
          .add(b.n),
      );
      return { z, r, n, h: mixState(update, z, h, n) };
    },
  });
}
