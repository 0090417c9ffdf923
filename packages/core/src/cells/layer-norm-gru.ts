import { activation } from '../equations/activations.js';
import { type Cell, makeCell } from '../equations/make-cell.js';
import { bias, kernel, recurrentKernel } from '../equations/parameters.js';
import { normalize } from '../equations/rows.js';
import { type GruOptions, mixState } from './gru-options.js';
import { gains, normalizeTogether } from './layer-norm.js';

/**
 * `gru({ layerNorm: true })`: layer normalisation of both products, of the two gates together and of the candidate alone, in the
 * reset-after form. Ba et al. 2016, arXiv:1607.06450, supplementary equations 9 to 12.
 */
export function layerNormGru(options: GruOptions): Cell {
  const act = activation(options.activation ?? 'tanh');
  const gate = activation(options.recurrentActivation ?? 'sigmoid');
  return makeCell({
    name: 'gru',
    source: 'Ba et al. 2016, arXiv:1607.06450',
    options: { ...options },
    states: ['h'],
    useBias: options.useBias,
    parameters: {
      kernel: kernel('z', 'r', 'n'),
      recurrentKernel: recurrentKernel('z', 'r', 'n'),
      kernelGain: gains('z', 'r', 'n'),
      recurrentGain: { ...gains('z', 'r', 'n'), symbol: 'δ' },
      // The second row of the stored bias is the recurrent one.
      bias: { ...bias('z', 'r', 'n', "z'", "r'", "n'"), storedRows: 2 },
    },
    equations: ({ x, h }, { kernel: W, recurrentKernel: U, kernelGain, recurrentGain, bias: b }) => {
      const fromInput = normalizeTogether({ z: W.z(x), r: W.r(x) }, kernelGain);
      const fromState = normalizeTogether({ z: U.z(h), r: U.r(h) }, recurrentGain);
      const z = gate(fromInput.z.add(b.z).add(fromState.z).add(b["z'"]));
      const r = gate(fromInput.r.add(b.r).add(fromState.r).add(b["r'"]));
      const recurrent = normalize(U.n(h)).mul(recurrentGain.n).add(b["n'"]);
      const n = act(normalize(W.n(x)).mul(kernelGain.n).add(b.n).add(r.mul(recurrent)));
      return { z, r, n, h: mixState(options.update ?? 'keep', z, h, n) };
    },
  });
}
