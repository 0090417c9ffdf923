import { activation } from '../equations/activations.js';
import type { Expression } from '../equations/expression.js';
import { type Cell, makeCell } from '../equations/make-cell.js';
import { bias, kernel, type ParameterDeclaration, recurrentKernel } from '../equations/parameters.js';
import { type GruOptions, mixState } from './gru-options.js';
import { layerNormGru } from './layer-norm-gru.js';
import { checkOptions, clipTo, refuseTogether } from './options.js';

type Gate = 'z' | 'r' | 'n';

/** Gated recurrent unit. Cho et al. 2014, arXiv:1406.1078. Blocks in Keras order: update, reset, candidate. */
export function gru(options: GruOptions = {}): Cell {
  checkOptions('gru', options, {
    activation: 'activation',
    recurrentActivation: 'activation',
    resetAfter: 'boolean',
    update: ['keep', 'take'],
    clip: 'positive number',
    layerNorm: 'boolean',
    groups: 'positive whole number',
    useBias: 'boolean',
  });
  const { resetAfter = true, update = 'keep', groups = 1, useBias } = options;
  if (options.layerNorm) {
    refuseTogether('gru', 'layerNorm', {
      clip: options.clip,
      groups: groups > 1,
      'resetAfter: false': !resetAfter,
    });
    return layerNormGru(options);
  }
  const clip = clipTo(options.clip);
  const candidateActivation = activation(options.activation ?? 'tanh');
  const gateActivation = activation(options.recurrentActivation ?? 'sigmoid');
  const act = (row: Expression) => candidateActivation(clip(row));
  const gate = (row: Expression) => gateActivation(clip(row));
  return makeCell({
    name: 'gru',
    source: `Cho et al. 2014, arXiv:1406.1078${resetAfter ? '; reset-after form: cuDNN' : ''}`,
    options: { ...options },
    states: ['h'],
    useBias,
    parameters: {
      kernel: { ...kernel('z', 'r', 'n'), groups },
      recurrentKernel: { ...recurrentKernel('z', 'r', 'n'), groups },
      // The second row of the stored bias is the recurrent one.
      bias: resetAfter
        ? { ...bias('z', 'r', 'n', "z'", "r'", "n'"), storedRows: 2 }
        : (bias('z', 'r', 'n') as ParameterDeclaration<Gate | `${Gate}'`, 'vector'>),
    },
    equations: ({ x, h }, { kernel: W, recurrentKernel: U, bias: b }) => {
      const gateOf = (name: Gate) => {
        const row = W[name](x).add(U[name](h)).add(b[name]);
        return gate(resetAfter ? row.add(b[`${name}'`]) : row);
      };
      const z = gateOf('z');
      const r = gateOf('r');
      const n = act(
        resetAfter
          ? W.n(x)
              .add(b.n)
              .add(r.mul(U.n(h).add(b["n'"])))
          : W.n(x)
              .add(U.n(r.mul(h)))
              .add(b.n),
      );
      return { z, r, n, h: mixState(update, z, h, n) };
    },
  });
}
