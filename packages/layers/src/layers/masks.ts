/**
 * Whether a tensor of a model has a mask, from the model's graph alone. TensorFlow.js hands a mask to layers whose input has
 * none; they can tell by this that it is not theirs.
 */
import { ones, type Tensor, tidy, zeros } from '@tensorflow/tfjs-core';
import type { layers, SymbolicTensor } from '@tensorflow/tfjs-layers';
import { first } from './one-or-several.js';

/** `graph`: a layer of the model makes a mask; `outside`: there is one where the model's input has one. */
type MaskOrigin = 'graph' | 'outside' | 'none';

/**
 * Whether a mask given to the layer by a model can be that of its input: false only where the layer is part of models and
 * its input is unmasked in all of them.
 *
 * The input of a model within a model may have a mask that the outer one passes on. A model that makes masks itself is
 * taken not to be such a one.
 */
export function mayHaveMask(layer: layers.Layer): boolean {
  const inputs = layer.inboundNodes.map((node) => node.inputTensors[0]);
  return (
    inputs.length === 0 ||
    inputs.some((input) => {
      const origin = maskOrigin(input);
      return origin === 'graph' || (origin === 'outside' && !makesMasks(input));
    })
  );
}

const origins = new WeakMap<SymbolicTensor, MaskOrigin>();

function maskOrigin(tensor: SymbolicTensor): MaskOrigin {
  const origin = origins.get(tensor) ?? foundOrigin(tensor);
  origins.set(tensor, origin);
  return origin;
}

function foundOrigin({ sourceLayer, inputs }: SymbolicTensor): MaskOrigin {
  if (inputs.length === 0) return 'outside';
  if (!sourceLayer.supportsMasking) return 'none';
  const before = inputs.map(maskOrigin);
  if (makesMaskFrom(sourceLayer, inputs, (i) => before[i] === 'graph')) return 'graph';
  const outside =
    before.includes('outside') && makesMaskFrom(sourceLayer, inputs, (i) => before[i] !== 'none');
  return outside ? 'outside' : 'none';
}

/** Asks the layer, as a model does, with small tensors in the place of the real ones. */
function makesMaskFrom(
  layer: layers.Layer,
  inputs: readonly SymbolicTensor[],
  masked: (index: number) => boolean,
): boolean {
  return tidy(() => {
    const known = inputs.map(({ shape }) => shape.map((size) => size ?? 1));
    const tensors = inputs.map(({ dtype }, i) => zeros(known[i], dtype));
    // TensorFlow.js passes undefined for "no mask", though its types do not say so.
    const masks = known.map((shape, i) => (masked(i) ? ones(shape.slice(0, 2), 'bool') : undefined));
    return first(layer.computeMask(tensors, masks as Tensor[])) != null;
  });
}

/** Whether any tensor of the graph that this one belongs to has a mask that the graph makes. */
function makesMasks(tensor: SymbolicTensor): boolean {
  const seen = new Set([tensor]);
  for (const one of seen) {
    if (maskOrigin(one) === 'graph') return true;
    const users = one.sourceLayer.outboundNodes.filter(({ inputTensors }) => inputTensors.includes(one));
    for (const next of [...one.inputs, ...users.flatMap(({ outputTensors }) => outputTensors)])
      seen.add(next);
  }
  return false;
}
