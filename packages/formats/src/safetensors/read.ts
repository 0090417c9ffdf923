/** `.safetensors` files as models. */
import type { FormatModule } from '../data/format.js';
import { readStateDict } from '../pytorch/state-dict.js';
import { decodeSafetensors } from './tensors.js';

/** Reads the tensors of a PyTorch model. */
export const read: FormatModule['read'] = ({ bytes, name }, { assume = {} }) => {
  const { tensors } = decodeSafetensors(bytes, name);
  return { format: 'safetensors', tensors, ...readStateDict(tensors, assume, name) };
};
