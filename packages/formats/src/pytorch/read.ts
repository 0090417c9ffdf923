/** PyTorch's `.pt` files as models. */
import type { FormatModule } from '../data/format.js';
import { readCheckpoint } from './checkpoint.js';
import { readStateDict } from './state-dict.js';

/** Reads a state_dict or a checkpoint with one. */
export const read: FormatModule['read'] = async ({ bytes, name }, { assume = {} }) => {
  const { tensors, notes } = readCheckpoint(bytes, name);
  const named = await readStateDict(tensors, assume, name);
  return { format: 'pytorch', tensors, layers: named.layers, notes: [...notes, ...named.notes] };
};
