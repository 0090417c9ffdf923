/** Weights of Keras 2's CuDNNGRU and CuDNNLSTM, in cuDNN's layout. Source: keras 2.15, `_convert_rnn_weights` in saving/legacy. */
import type { FileTensor } from '../data/tensor.js';

/**
 * Whether weights are in cuDNN's layout: an LSTM has two biases for each gate, a GRU has its two biases in one row. Keras tells
 * them apart by this too.
 */
export function isCudnn(cell: string, units: number, [, , bias]: readonly FileTensor[]): boolean {
  const gates = cell === 'lstm' ? 4 : cell === 'gru' ? 3 : 0;
  return gates > 0 && bias?.shape.length === 1 && bias.shape[0] === 2 * gates * units;
}

/** The same weights in the layout of Keras's GRU with `reset_after` or of its LSTM. */
export function fromCudnn(
  cell: string,
  units: number,
  [kernel, recurrentKernel, bias]: readonly FileTensor[],
): FileTensor[] {
  const half = bias.values.length / 2;
  const summed = Float32Array.from({ length: half }, (_, i) => bias.values[i] + bias.values[half + i]);
  return [
    transposeGates(kernel, units),
    transposeGates(recurrentKernel, units),
    cell === 'lstm' ? { ...bias, shape: [half], values: summed } : { ...bias, shape: [2, half] },
  ];
}

/** cuDNN's matrix of a gate is `[units, rows]`, stored in an array of the shape `[rows, units]`. */
function transposeGates(tensor: FileTensor, units: number): FileTensor {
  const [rows, columns] = tensor.shape;
  const values = Float32Array.from(tensor.values, (_, i) => {
    const [row, gate, unit] = [Math.floor(i / columns), Math.floor((i % columns) / units), i % units];
    const place = unit * rows + row;
    return tensor.values[Math.floor(place / units) * columns + gate * units + (place % units)];
  });
  return { ...tensor, values };
}
