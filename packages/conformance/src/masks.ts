import type { Random } from './random.js';

export const maskKinds = ['none', 'right-padded', 'holes', 'empty row', 'first padded'] as const;

/**
 * - `none`: no mask at all
 * - `right-padded`: sequences of different lengths, the first one full
 * - `holes`: any step may be padded
 * - `empty row`: right-padded, and all steps of the last row are padded
 * - `first padded`: the first step of every row is padded, others may be
 * - `lengths`: right-padded, given as lengths
 */
export type MaskKind = (typeof maskKinds)[number] | 'lengths';

/** Lengths of sequences, or none: the first full, the last empty. */
export function makeLengths(
  kind: MaskKind,
  random: Random,
  batch: number,
  timesteps: number,
): number[] | undefined {
  if (kind !== 'lengths') return undefined;
  const inner = Array.from({ length: Math.max(0, batch - 2) }, () => random.integer(1, timesteps));
  return [timesteps, ...inner, 0].slice(0, batch);
}

/** A mask `[batch, timesteps]`, 0 = padded, or none. */
export function makeMask(
  kind: MaskKind,
  random: Random,
  batch: number,
  timesteps: number,
): Float32Array | undefined {
  if (kind === 'none' || kind === 'lengths') return undefined;
  const mask = new Float32Array(batch * timesteps);
  for (let row = 0; row < batch; row++) {
    const length = row === 0 ? timesteps : random.integer(1, timesteps);
    for (let step = 0; step < timesteps; step++) {
      const used = kind === 'right-padded' || kind === 'empty row' ? step < length : random.next() < 0.6;
      mask[row * timesteps + step] = used ? 1 : 0;
    }
    if (kind === 'first padded') mask[row * timesteps] = 0;
  }
  if (kind === 'empty row') mask.fill(0, (batch - 1) * timesteps);
  return mask;
}
