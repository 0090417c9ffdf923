/** Stacks of SRU layers as a state_dict of asappresearch/sru. */
import { type FloatArray, layouts } from '@sluice/core/layouts';
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
  const width = sizes.units * directions.length;
  const projection = options.projection as number | undefined;
  if (projection !== undefined && (projection >= sizes.inputSize || projection >= width)) {
    throw new FormatError(
      `${layer.name} has projection ${projection}, but asappresearch/sru projects only to fewer than the ${sizes.inputSize} ` +
        `inputs and the ${width} outputs.`,
    );
  }
  const stored = storedWeights(layer);
  const scale = typeof options.scale === 'number' ? options.scale : rescaled(options);
  const { weight, weightC, bias, weightProj, layerNormWeight, layerNormBias } = stored;
  const tensor = (name: string, values: ArrayLike<number>, shape = [values.length]): WrittenTensor => ({
    name: `${scope}.${name}`,
    shape,
    values: Float32Array.from(values),
  });
  const rows = projection ?? sizes.inputSize;
  return [
    ...(weightProj ? [tensor('weight_proj', weightProj, [sizes.inputSize, rows])] : []),
    tensor('weight', weight, [rows, weight.length / rows]),
    // Version 1 has gates that do not see the state: vectors of zeros.
    tensor('weight_c', weightC ?? new Float32Array(2 * width)),
    tensor('bias', bias ?? new Float32Array(2 * width)),
    tensor('scale_x', [scale]),
    ...(layerNormWeight
      ? [
          tensor('layer_norm.weight', layerNormWeight),
          tensor('layer_norm.bias', layerNormBias ?? new Float32Array(layerNormWeight.length)),
        ]
      : []),
  ];
}

/** @throws FormatError when the library's arrays cannot hold the weights of both directions. */
function storedWeights({ name, cell, sizes, directions }: RecurrentLayerData) {
  const layout = layouts.asappresearch.sru;
  const [forward, backward] = directions.map(({ weights }) => weights as unknown as { kernel: FloatArray });
  try {
    return backward
      ? layout.fromNativeBidirectional({ forward, backward }, sizes, cell.options)
      : layout.fromNative(forward, sizes);
  } catch (error) {
    throw new FormatError(`${name}: ${(error as Error).message}`, { cause: error });
  }
}

/** The scale of the highway that `rescale` means. Lei et al. 2018, section 3.2. */
const rescaled = ({ rescale, highwayBias }: RecurrentLayerData['cell']['options']): number =>
  rescale === true ? Math.sqrt(1 + 2 * Math.exp(Number(highwayBias ?? 0))) : 1;
