/** `.safetensors` files as models, and models as `.safetensors` with PyTorch's names. */

import { FormatError } from '../bytes/format-error.js';
import type { FormatModule } from '../data/format.js';
import { readStateDict } from '../pytorch/state-dict.js';
import { toStateDict } from '../pytorch/to-state-dict.js';
import { decodeSafetensors, encodeSafetensors } from './tensors.js';

export const read: FormatModule['read'] = ({ bytes, name }, { assume = {} }) => {
  const { tensors } = decodeSafetensors(bytes, name);
  return { format: 'safetensors', tensors, ...readStateDict(tensors, assume, name) };
};

export const write: NonNullable<FormatModule['write']> = (model, { name = 'model', quantize }) => {
  if (quantize === 'int8') {
    throw new FormatError("A .safetensors file for PyTorch holds floats. Choose quantize: 'float16'.");
  }
  const float16 = quantize === 'float16';
  const bytes = encodeSafetensors(toStateDict(model.layers), { metadata: { format: 'pt' }, float16 });
  return new Map([[`${name}.safetensors`, bytes]]);
};
