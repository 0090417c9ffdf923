import type { Generator } from '../random/generator.js';
import type { Example } from './example.js';

/**
 * Holds back a part of the examples, the same part of each class (to the nearest whole number, and at least one
 * stays to learn from). Both parts keep the order of the examples.
 *
 * @param fraction the part to hold back, from 0 to 1 (exclusive).
 */
export function stratifiedSplit(
  examples: readonly Example[],
  fraction: number,
  generator: Generator,
): { held: Example[]; kept: Example[] } {
  const members = new Map<string, number[]>();
  examples.forEach(({ label }, index) => {
    const indices = members.get(label);
    if (indices === undefined) members.set(label, [index]);
    else indices.push(index);
  });
  const heldIndices = new Set<number>();
  for (const indices of members.values()) {
    const count = Math.min(Math.round(indices.length * fraction), indices.length - 1);
    const order = generator.permutation(indices.length);
    for (let i = 0; i < count; i++) heldIndices.add(indices[order[i]]);
  }
  return {
    held: examples.filter((_, index) => heldIndices.has(index)),
    kept: examples.filter((_, index) => !heldIndices.has(index)),
  };
}
