/** Models as `.safetensors` with PyTorch's names. */
import { FormatError } from '../bytes/format-error.js';
import type { WriteFormat } from '../data/format.js';
import { toStateDict } from '../pytorch/to-state-dict.js';
import { encodeSafetensors } from './tensors.js';

/** Writes a state_dict. */
export const write: WriteFormat = (model, { name = 'model', quantize }) => {
  if (quantize === 'int8') {
    throw new FormatError("A .safetensors file for PyTorch holds floats. Choose quantize: 'float16'.");
  }
  const float16 = quantize === 'float16';
  const bytes = encodeSafetensors(toStateDict(model.layers), { metadata: { format: 'pt' }, float16 });
  return new Map([[`${name}.safetensors`, bytes]]);
};
