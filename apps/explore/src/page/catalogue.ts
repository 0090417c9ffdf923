import { cells, latex } from '@sluice/core';
import type { CellText } from '../protocol.js';

/** The gated recurrent unit as the article prints it, with one matrix per gate over [h, x]. */
export const GRU: CellText = {
  name: 'GRU',
  equations: String.raw`z_t = \sigma(W_z \cdot [h_{t-1}, x_t] + b_z)
r_t = \sigma(W_r \cdot [h_{t-1}, x_t] + b_r)
\tilde{h}_t = \tanh(W \cdot [r_t \odot h_{t-1}, x_t] + b)
h_t = (1 - z_t) \odot h_{t-1} + z_t \odot \tilde{h}_t`,
};

/** The simple recurrent unit of Lei et al. 2018. */
export const SRU: CellText = {
  name: 'SRU',
  equations: String.raw`f_t = \sigma(W_f x_t + v_f \odot c_{t-1} + b_f)
r_t = \sigma(W_r x_t + v_r \odot c_{t-1} + b_r)
c_t = f_t \odot c_{t-1} + (1 - f_t) \odot (W x_t)
h_t = r_t \odot c_t + (1 - r_t) \odot (W_s x_t)`,
};

/** Sizes for cells whose equations need some. */
const SIZES = { inputSize: 32, units: 32 };

/** The cells of the catalogue, as LaTeX that is read back to the same cell. */
export const catalogue: readonly CellText[] = [
  GRU,
  SRU,
  ...Object.entries(cells).map(([name, make]) => ({
    name,
    equations: latex(make(), SIZES, { declarations: true }),
  })),
];
