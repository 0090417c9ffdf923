/** DTLN, a network against noise (Westhausen & Meyer 2020, arXiv:2005.07551; github.com/breizhn/DTLN), from blocks and its weights. */
import { cells } from '@sluice/core';
import {
  concatenate,
  dense,
  istft,
  layerNorm,
  magnitude,
  multiply,
  network,
  overlapAdd,
  recurrent,
  stft,
} from '@sluice/core/network';
import { readModel } from '@sluice/formats';

/** New samples of a frame. */
export const HOP = 128;
const [LENGTH, FEATURES] = [512, 256];

/** A frame of 128 new samples; the windows of 512 samples overlap. */
export const dtln = network({
  name: 'dtln',
  source: 'arXiv:2005.07551',
  inputSize: HOP,
  build: (x, use) => {
    const mask = (input, names, units) => {
      const first = use(names[0], recurrent({ cell: cells.lstm(), units: 128 }), input);
      const second = use(names[1], recurrent({ cell: cells.lstm(), units: 128 }), first);
      return use(names[2], dense({ units, activation: 'sigmoid' }), second);
    };
    const spectrum = use('stft', stft({ frameLength: LENGTH, window: 'rectangular' }), x);
    const gains = mask(use('magnitude', magnitude(), spectrum), ['lstm', 'lstm_1', 'dense'], LENGTH / 2 + 1);
    // The phase stays: real and imaginary parts get the same gain.
    const masked = multiply(spectrum, concatenate(gains, gains));
    const samples = use('istft', istft({ frameLength: LENGTH, hop: LENGTH }), masked);
    const encoded = use('conv1d', dense({ units: FEATURES, useBias: false }), samples);
    const normal = use('layer_normalization', layerNorm({ epsilon: 1e-7 }), encoded);
    const kept = multiply(encoded, mask(normal, ['lstm_2', 'lstm_3', 'dense_1'], FEATURES));
    const decoded = use('conv1d_1', dense({ units: LENGTH, useBias: false }), kept);
    return use('overlap', overlapAdd({ hop: HOP }), decoded);
  },
});

/** The weights of the file by the names of the blocks, which are those of its layers. */
export async function dtlnWeights(path) {
  const weights = {};
  for (const layer of (await readModel(path)).layers) {
    const own =
      layer.kind === 'recurrent'
        ? layer.directions[0].weights
        : Object.fromEntries(layer.weights.map(({ name, values }) => [name.match(/(\w+):0$/)[1], values]));
    for (const [name, values] of Object.entries(own)) {
      weights[`${layer.name}.${name === 'gamma' ? 'scale' : name === 'beta' ? 'bias' : name}`] = values;
    }
  }
  return weights;
}
