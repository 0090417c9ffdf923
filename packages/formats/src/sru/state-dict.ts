/**
 * Modules of asappresearch/sru in a state_dict: `rnn_lst.0.weight`, `weight_c`, `bias`, `scale_x`. It imports nothing of this package, so that
 * bundlers do not split what the other readers use.
 */
import type { JsonObject } from '@sluice/core';
import { layouts } from '@sluice/core/layouts';
import type { AssumedOptions } from '../data/format.js';
import type { CellWeights, RecurrentLayerData } from '../data/layers.js';
import type { FileTensor } from '../data/tensor.js';
import type { NamedModule } from '../pytorch/other-layers.js';

const KNOWN = [
  'weight',
  'weight_c',
  'bias',
  'scale_x',
  'weight_proj',
  'layer_norm.weight',
  'layer_norm.bias',
];

/**
 * An SRU layer. A file does not say whether it is bidirectional, whether a layer as wide as its input has a highway, which side
 * of it is normalised, or what the activation is: `assume` says so.
 * @throws Error when the module has what Sluice's SRU lacks: attention; in both directions a normalised output, or a highway
 *   that takes a half of the input beside a projection or normalisation.
 */
export function readSru(
  { name, tensors }: NamedModule,
  assume: AssumedOptions,
  note: (text: string) => void,
): Omit<RecurrentLayerData, 'kind'> {
  const leaves = KNOWN.map((leaf) => tensors.get(leaf));
  const [weight, weightC, bias, scaleX] = leaves as FileTensor[];
  const [weightProj, layerNormWeight, layerNormBias] = leaves.slice(4);
  const unknown = [...tensors.keys()].filter((leaf) => !KNOWN.includes(leaf));
  if (unknown.length > 0) {
    throw new Error(`${name} has ${unknown.join(', ')}, which Sluice's SRU does not have.`);
  }
  const width = weightC.values.length / 2;
  const directions = assume.bidirectional ? 2 : 1;
  const inputSize = (weightProj ?? weight).shape[0];
  const units = width / directions;
  const gates = weight.values.length / weight.shape[0] / width;
  const hasHighway = gates === 4 || (inputSize === width && (assume.highway ?? true));
  const scale = scaleX?.values[0] ?? 1;
  const normalizesAfter = ({ values: { length } }: FileTensor): boolean => {
    if (length !== inputSize || length !== width) return length === width;
    if (assume.normalizeAfter === undefined) {
      note(
        'The file does not say whether SRU layers that are as wide as their input normalise input or output; the input is assumed. The option assume.normalizeAfter sets it.',
      );
    }
    return assume.normalizeAfter ?? false;
  };
  const options: Record<string, JsonObject[string]> = {
    ...(assume.activation !== undefined && { activation: assume.activation }),
    ...(bias === undefined && { useBias: false }),
    ...(!hasHighway && { highway: false }),
    ...(hasHighway && scale !== 1 && { scale }),
    // The library projects the skip where the widths of input and both directions differ.
    ...(gates === 4 && inputSize === units && { projectSkip: true }),
    ...(weightProj && { projection: weightProj.shape[1] }),
    ...(layerNormWeight && { layerNorm: true }),
    ...(layerNormWeight && normalizesAfter(layerNormWeight) && { normalizeAfter: true }),
  };
  if (assume.bidirectional === undefined) {
    note(
      'The file does not say whether its SRU layers are bidirectional; one direction is assumed. The option assume.bidirectional sets it.',
    );
  }
  const given = {
    weight: toFloat32(weight),
    weightC: toFloat32(weightC),
    ...(bias && { bias: toFloat32(bias) }),
    ...(weightProj && { weightProj: toFloat32(weightProj) }),
    ...(layerNormWeight && { layerNormWeight: toFloat32(layerNormWeight) }),
    ...(layerNormBias && { layerNormBias: toFloat32(layerNormBias) }),
  };
  try {
    const sizes = { inputSize, units };
    const parts =
      directions === 1
        ? [layouts.asappresearch.sru.toNative(given, sizes)]
        : Object.values(layouts.asappresearch.sru.toNativeBidirectional(given, sizes, options));
    return {
      name,
      cell: { name: 'sru', options },
      sizes,
      directions: parts.map((weights, i) => ({ goBackwards: i === 1, weights: weights as CellWeights })),
      call: { returnSequences: true, zeroOutputForMask: true },
    };
  } catch (error) {
    throw new Error(`${name}: ${(error as Error).message}`);
  }
}

const toFloat32 = ({ values }: FileTensor): Float32Array => Float32Array.from(values);
