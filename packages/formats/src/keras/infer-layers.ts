/** Layers from weights alone: files of Keras without a description of the model. */
import { FormatError } from '../bytes/format-error.js';
import { type LayerData, type RecurrentLayerData, recurrentLayer } from '../data/layers.js';
import type { FileTensor } from '../data/tensor.js';
import { inOrderOfLayer } from './weight-order.js';

/** The note for files whose weights could be those of other options. */
export const ASSUMED_OPTIONS =
  "The file has weights only. The layers' kinds follow from the shapes; for activations and directions of time Keras's defaults are assumed.";

/**
 * A layer from its weights. A recurrent layer has a matrix `[units, gates·units]` behind `[inputs, gates·units]`.
 * @param stored named by their last part: `kernel`, `recurrent_kernel`, `bias`; or by numbers.
 */
export function inferLayer(name: string, stored: readonly FileTensor[], file: string): LayerData | undefined {
  const weights = inOrderOfLayer(stored, name);
  if (weights.length === 0) return undefined;
  const half = weights.length / 2;
  const recurrent =
    inferDirection(weights) ??
    (Number.isInteger(half) ? inferPair(weights.slice(0, half), weights.slice(half)) : undefined);
  if (!recurrent) return { kind: 'other', name, className: inferClass(name, weights), weights };
  return recurrentLayer({ name, call: {}, ...recurrent }, file);
}

type Inferred = Pick<RecurrentLayerData, 'cell' | 'sizes' | 'directions'>;

const CELLS: Readonly<Record<number, string>> = { 1: 'simpleRnn', 3: 'gru', 4: 'lstm' };

function inferDirection(weights: readonly FileTensor[]): Inferred | undefined {
  const [kernel, recurrentKernel, bias] = weights;
  if (
    weights.length < 2 ||
    weights.length > 3 ||
    kernel.shape.length !== 2 ||
    recurrentKernel.shape.length !== 2
  ) {
    return undefined;
  }
  const [units, columns] = recurrentKernel.shape;
  const cell = CELLS[columns / units];
  const isBias = bias === undefined || bias.shape.at(-1) === columns;
  if (cell === undefined || kernel.shape[1] !== columns || !isBias) return undefined;
  const isSquareDense = weights.length === 2 && columns === units && !/recurrent/.test(recurrentKernel.name);
  if (isSquareDense) return undefined;
  const options = {
    ...(cell === 'gru' && { resetAfter: bias?.shape.length === 2 }),
    ...(bias === undefined && { useBias: false }),
  };
  const float = (tensor: FileTensor) =>
    tensor.values instanceof Int32Array ? Float32Array.from(tensor.values) : tensor.values;
  return {
    cell: { name: cell, options },
    sizes: { inputSize: kernel.shape[0], units },
    directions: [
      {
        goBackwards: false,
        weights: {
          kernel: float(kernel),
          recurrentKernel: float(recurrentKernel),
          ...(bias && { bias: float(bias) }),
        },
      },
    ],
  };
}

/** Both directions of a bidirectional layer. */
function inferPair(forward: readonly FileTensor[], backward: readonly FileTensor[]): Inferred | undefined {
  const [first, second] = [inferDirection(forward), inferDirection(backward)];
  if (!first || !second) return undefined;
  const same = JSON.stringify([first.cell, first.sizes]) === JSON.stringify([second.cell, second.sizes]);
  if (!same) return undefined;
  return { ...first, directions: [first.directions[0], { ...second.directions[0], goBackwards: true }] };
}

function inferClass(layer: string, weights: readonly FileTensor[]): string {
  const names = weights.map(({ name }) => name.split('/').at(-1)?.replace(/:\d+$/, ''));
  const [first] = weights;
  // Keras 3 numbers the weights, but names a group after its class.
  if (names[0] === 'embeddings' || /(^|\/)embedding[^/]*$/.test(layer)) return 'Embedding';
  if (names[0] === 'gamma')
    return names.includes('moving_mean') ? 'BatchNormalization' : 'LayerNormalization';
  if (first.shape.length === 2) return 'Dense';
  if (first.shape.length === 3) return 'Conv1D';
  return 'unknown';
}

/** @throws FormatError when there is no layer at all. */
export function requireLayers(layers: readonly LayerData[], file: string): readonly LayerData[] {
  if (layers.length > 0) return layers;
  throw new FormatError(`${file}: there are no weights in it.`);
}
