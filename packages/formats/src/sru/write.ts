/** Stacks of SRU layers as a state_dict of asappresearch/sru. */
import { layouts } from '@sluice/core/layouts';
import { FormatError } from '../bytes/format-error.js';
import type { WriteFormat } from '../data/format.js';
import type { RecurrentLayerData } from '../data/layers.js';
import { encodeSafetensors, type WrittenTensor } from '../safetensors/tensors.js';

/**
 * Writes a `.safetensors` file for `SRU.load_state_dict`.
 * @throws FormatError when a layer is no SRU, or has an option that the library lacks.
 */
export const write: WriteFormat = ({ layers }, { name = 'model', quantize }) => {
  if (quantize !== undefined)
    throw new FormatError(`asappresearch/sru holds float32 weights. Leave out quantize: '${quantize}'.`);
  const others = layers.filter((layer) => layer.kind !== 'recurrent' || layer.cell.name !== 'sru');
  if (others.length > 0) {
    throw new FormatError(
      `asappresearch/sru holds SRU layers alone, but ${others.map((layer) => layer.name).join(', ')} ${others.length === 1 ? 'is' : 'are'} none.`,
    );
  }
  const tensors = layers.flatMap((layer, i) => tensorsOf(layer as RecurrentLayerData, `rnn_lst.${i}`));
  return new Map([[`${name}.safetensors`, encodeSafetensors(tensors, { metadata: { format: 'pt' } })]]);
};

function tensorsOf(layer: RecurrentLayerData, scope: string): WrittenTensor[] {
  const { cell, sizes, directions } = layer;
  const { options } = cell;
  if (options.recurrence === 'full') {
    throw new FormatError(`${layer.name} has full recurrence, which asappresearch/sru does not have.`);
  }
  const [first, second] = directions.map(({ weights }) => weights as never);
  const layout = layouts.asappresearch.sru;
  const { weight, weightC, bias } = second
    ? layout.fromNativeBidirectional({ forward: first, backward: second }, sizes, options as never)
    : layout.fromNative(first, sizes);
  const width = sizes.units * directions.length;
  const scale = typeof options.scale === 'number' ? options.scale : rescaled(options);
  return [
    {
      name: `${scope}.weight`,
      shape: [sizes.inputSize, weight.length / sizes.inputSize],
      values: Float32Array.from(weight),
    },
    // Version 1 has gates that do not see the state: vectors of zeros.
    {
      name: `${scope}.weight_c`,
      shape: [2 * width],
      values: weightC ? Float32Array.from(weightC) : new Float32Array(2 * width),
    },
    {
      name: `${scope}.bias`,
      shape: [2 * width],
      values: bias ? Float32Array.from(bias) : new Float32Array(2 * width),
    },
    { name: `${scope}.scale_x`, shape: [1], values: Float32Array.of(scale) },
  ];
}

/** The scale of the highway that `rescale` means. Lei et al. 2018, section 3.2. */
const rescaled = ({ rescale, highwayBias }: RecurrentLayerData['cell']['options']): number =>
  rescale === true ? Math.sqrt(1 + 2 * Math.exp(Number(highwayBias ?? 0))) : 1;
