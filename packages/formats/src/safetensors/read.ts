/** `.safetensors` files as models. */
import type { OpenedSource } from '../bytes/source.js';
import type { ReadOptions } from '../data/format.js';
import type { ModelFile } from '../data/layers.js';
import { readStateDict } from '../pytorch/state-dict.js';
import { decodeSafetensors } from './tensors.js';

/** Reads the tensors of a PyTorch model. */
export async function read(
  { bytes, name }: Pick<OpenedSource, 'name' | 'bytes'>,
  { assume = {} }: Pick<ReadOptions, 'assume'>,
): Promise<ModelFile> {
  const { tensors } = decodeSafetensors(bytes, name);
  return { format: 'safetensors', tensors, ...(await readStateDict(tensors, assume, name)) };
}
