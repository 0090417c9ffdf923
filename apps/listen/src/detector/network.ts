/** The voice activity network of the page: spectrum, bands, a GRU, a probability. */
import { cellOfNames, cells } from '@sluice/core';
import { log } from '@sluice/core/equations';
import {
  type Block,
  concatenate,
  dense,
  elementwise,
  magnitude,
  type Network,
  network,
  recurrent,
  Signal,
  stft,
} from '@sluice/core/network';

export const SAMPLE_RATE = 16_000;
/** Samples of a frame: 16 ms. A window has two frames. */
export const FRAME = 256;
export const BANDS = 24;
export const UNITS = 24;
const WINDOW = 2 * FRAME;
const BINS = WINDOW / 2 + 1;

/** The cell of the network. */
export const cell = cells.gru();
export const SIZES = { inputSize: BANDS, units: UNITS };

/** The named values of the GRU in the network's output, which follow the probability. */
export const gates = cellOfNames(cell, SIZES).columns;

type Use = Parameters<Parameters<typeof network>[0]['build']>[1];

function bandsOf(x: Signal, use: Use): Signal {
  const spectrum = use('spectrum', stft({ frameLength: WINDOW, hop: FRAME }), x);
  const energies = use('bands', melBands(), use('magnitude', magnitude(), spectrum));
  return elementwise(energies, (row) => log(row.add(FLOOR)).mul(0.25));
}

/** Below it a band counts as silent: about the noise of 16-bit samples. */
const FLOOR = 1e-3;

/** Numbers of each position from `start` on. */
const columns =
  (start: number, width: number): Block =>
  (input) =>
    input.columns(start, width);

const mel = (hertz: number) => 2595 * Math.log10(1 + hertz / 700);
const hertz = (value: number) => 700 * (10 ** (value / 2595) - 1);

/** Sums of magnitudes in overlapping triangles, equally wide on the mel scale from 60 Hz to 8 kHz. */
const melBands = (): Block => (input, scope) => {
  const [low, high] = [mel(60), mel(SAMPLE_RATE / 2)];
  const edges = Array.from({ length: BANDS + 2 }, (_, i) => hertz(low + ((high - low) * i) / (BANDS + 1)));
  const values = new Float32Array(BINS * BANDS);
  for (let bin = 0; bin < BINS; bin++) {
    const frequency = (bin * SAMPLE_RATE) / WINDOW;
    for (let band = 0; band < BANDS; band++) {
      const rise = (frequency - edges[band]) / (edges[band + 1] - edges[band]);
      const fall = (edges[band + 2] - frequency) / (edges[band + 2] - edges[band + 1]);
      values[bin * BANDS + band] = Math.max(0, Math.min(rise, fall));
    }
  }
  const M = scope.matrix('triangles', { role: 'kernel', rows: BINS, width: BANDS, values });
  return input.map(BANDS, (row) => M(row));
};

/** Logarithms of the energies in bands, from a frame of samples. Nothing in it is learned. */
export const features: Network = network({
  name: 'bands',
  inputSize: FRAME,
  build: (x, use) => bandsOf(x, use),
});

/** The whole network. Its output: the probability of speech, then the named values of the GRU. */
export const detector: Network = network({
  name: 'detector',
  inputSize: FRAME,
  build: (x, use) => {
    const bands = bandsOf(x, use);
    const seen = use('gru', recurrent({ cell: cellOfNames(cell, SIZES).cell, units: UNITS }), bands);
    const state = gates.find(({ name }) => name === 'h');
    if (state === undefined) throw new Error('the cell has no state h');
    const [row] = seen.rows;
    const h = use('state', columns(state.start, state.width), Signal.of(row, seen.channels));
    return concatenate(use('decision', dense({ units: 1, activation: 'sigmoid' }), h), seen);
  },
});
