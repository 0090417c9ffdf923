/** Models as a PyTorch module with its weights. */
import { FormatError } from '../bytes/format-error.js';
import type { WriteFormat } from '../data/format.js';
import { encodeSafetensors } from '../safetensors/tensors.js';
import { printModule } from './print-module.js';
import { toStateDict } from './to-state-dict.js';

/** Writes `model.py`, a module that computes what the model computes, and `model.safetensors`, its weights. */
export const write: WriteFormat = (model, { name = 'model', quantize }) => {
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
