/**
 * The mask of a layer's input. A model hands its layers one object of arguments, in which the last mask stays for layers
 * whose own input has none; the model's graph shows whether the mask belongs to a layer's input.
 */
import { ones, reshape, Tensor, tidy, zeros } from '@tensorflow/tfjs-core';
import type { layers, SymbolicTensor } from '@tensorflow/tfjs-layers';
import { formatValue } from '../checks.js';
import { type CallArgs, firstOf } from './layer-inputs.js';

/**
 * The mask `[batch, timesteps]` of a layer's sequence, from the masks of its inputs. TensorFlow.js's merging layers (`add`,
 * `average`, …) pass their mask on as `[1, batch, timesteps]`, each further such layer adds another 1.
 * @throws TypeError when it is not a tensor.
 */
export function sequenceMask(layer: string, masks: CallArgs['mask']): Tensor | undefined {
  const mask = firstOf<Tensor | null | undefined>(masks);
  if (mask == null) return undefined;
  if (!(mask instanceof Tensor)) {
    throw new TypeError(
      `${layer}: the mask must be a tensor [batch, timesteps], as tf.tensor2d(mask) makes it, but is ${formatValue(masks)}.`,
    );
  }
  const isMerged = mask.rank > 2 && mask.shape.slice(0, -2).every((size) => size === 1);
  return isMerged ? reshape(mask, mask.shape.slice(-2)) : mask;
}

/** `graph`: a layer of the model makes the mask; `outside`: there is a mask if the model's input has one. */
type MaskOrigin = 'graph' | 'outside' | 'none';

/**
 * Whether the mask that a model passes to a layer can belong to the layer's input. False only if the layer is part of models
 * and its input has no mask in any of them.
 *
 * The input of a model within a model may have a mask from the outer model. A model that makes masks itself is assumed
 * not to be an inner one.
 */
export function mayHaveMask(layer: layers.Layer): boolean {
  const inputs = layer.inboundNodes.map((node) => node.inputTensors[0]);
  return (
    inputs.length === 0 ||
    inputs.some((input) => {
      const origin = maskOrigin(input);
      return origin === 'graph' || (origin === 'outside' && !graphMakesMasks(input));
    })
  );
}

/** Whether a layer, as part of a model, makes or passes on a mask that a layer of the model made. */
export const outputsMask = (layer: layers.Layer): boolean =>
  layer.inboundNodes.some(({ outputTensors }) =>
    outputTensors.some((output) => maskOrigin(output) === 'graph'),
  );

const origins = new WeakMap<SymbolicTensor, MaskOrigin>();

function maskOrigin(tensor: SymbolicTensor): MaskOrigin {
  const origin = origins.get(tensor) ?? findMaskOrigin(tensor);
  origins.set(tensor, origin);
  return origin;
}

function findMaskOrigin({ sourceLayer, inputs }: SymbolicTensor): MaskOrigin {
  if (inputs.length === 0) return 'outside';
  if (!sourceLayer.supportsMasking) return 'none';
  const inputOrigins = inputs.map(maskOrigin);
  if (makesMask(sourceLayer, inputs, (i) => inputOrigins[i] === 'graph')) return 'graph';
  const fromOutside =
    inputOrigins.includes('outside') && makesMask(sourceLayer, inputs, (i) => inputOrigins[i] !== 'none');
  return fromOutside ? 'outside' : 'none';
}

/** Whether the layer makes a mask when some inputs are masked. Calls `computeMask`, as a model does, on small tensors. */
function makesMask(
  layer: layers.Layer,
  inputs: readonly SymbolicTensor[],
  isMasked: (index: number) => boolean,
): boolean {
  return tidy(() => {
    const shapes = inputs.map(({ shape }) => shape.map((size) => size ?? 1));
    const tensors = inputs.map(({ dtype }, i) => zeros(shapes[i], dtype));
    // TensorFlow.js passes undefined for "no mask", though its types do not say so.
    const masks = shapes.map((shape, i) => (isMasked(i) ? ones(shape.slice(0, 2), 'bool') : undefined));
    return firstOf(layer.computeMask(tensors, masks as Tensor[])) != null;
  });
}

/** Whether the graph of a tensor makes a mask for any of its tensors. */
function graphMakesMasks(tensor: SymbolicTensor): boolean {
  const reached = new Set([tensor]);
  for (const current of reached) {
    if (maskOrigin(current) === 'graph') return true;
    const users = current.sourceLayer.outboundNodes.filter(({ inputTensors }) =>
      inputTensors.includes(current),
    );
    const outputs = users.flatMap(({ outputTensors }) => outputTensors);
    for (const neighbour of [...current.inputs, ...outputs]) reached.add(neighbour);
  }
  return false;
}
