/** PyTorch's `.pt` files as models, and models as a PyTorch module with its weights. */
import { FormatError } from '../bytes/format-error.js';
import type { FormatModule } from '../data/format.js';
import { encodeSafetensors } from '../safetensors/tensors.js';
import { readCheckpoint } from './checkpoint.js';
import { printModule } from './print-module.js';
import { readStateDict } from './state-dict.js';
import { toStateDict } from './to-state-dict.js';

/** Reads a state_dict or a checkpoint with one. */
export const read: FormatModule['read'] = ({ bytes, name }, { assume = {} }) => {
  const { tensors, notes } = readCheckpoint(bytes, name);
  const named = readStateDict(tensors, assume, name);
  return { format: 'pytorch', tensors, layers: named.layers, notes: [...notes, ...named.notes] };
};

/** Writes `model.py`, a module that computes what the model computes, and `model.safetensors`, its weights. */
export const write: NonNullable<FormatModule['write']> = (model, { name = 'model', quantize }) => {
  if (quantize === 'int8') {
    throw new FormatError("PyTorch's modules hold floats. Choose quantize: 'float16'.");
  }
  const { source, layers } = printModule(model, name);
  const weights = encodeSafetensors(toStateDict(layers), {
    metadata: { format: 'pt' },
    float16: quantize === 'float16',
  });
  return new Map([
    [`${name}.py`, new TextEncoder().encode(source)],
    [`${name}.safetensors`, weights],
  ]);
};
