import type { layers } from '@tensorflow/tfjs-layers';
import type { CallArgs, LayerInputs } from './layer-types.js';
import { mayHaveMask } from './mask-origin.js';
import { listed } from './one-or-several.js';

/**
 * What a recurrent layer is called with: initial states behind the inputs, and no mask that is another layer's.
 *
 * A model calls its layers with lists, and with one `kwargs` for all, in which the last mask stays for layers whose own
 * inputs have none. The object is left as it is: a caller may use it again.
 */
export function callOf(
  layer: layers.Layer,
  inputs: LayerInputs,
  { initialState, ...kwargs }: CallArgs,
): { inputs: LayerInputs; kwargs: CallArgs } {
  if (Array.isArray(inputs) && kwargs.mask != null && !mayHaveMask(layer)) delete kwargs.mask;
  const all = [...listed<unknown>(inputs), ...listed<unknown>(initialState ?? [])];
  return { inputs: initialState == null ? inputs : (all as LayerInputs), kwargs };
}
