import type { ParameterShape } from '@sluice/core';
import { concat, fill, reshape, split, type Tensor, tidy } from '@tensorflow/tfjs-core';
import type { Initializer } from './weight-rules.js';

/** An initializer for a parameter, of which the blocks named in `values` start from that value throughout. */
export function withBlockValues(
  initializer: Initializer,
  { form, blocks }: ParameterShape,
  values: Readonly<Record<string, number | undefined>>,
): Initializer {
  if (blocks.every((block) => values[block] === undefined)) return initializer;
  const apply = (shape: number[], dtype?: 'float32'): Tensor =>
    tidy(() => {
      const rows = form === 'matrix' ? shape[0] : 1;
      const parts = split(
        reshape(initializer.apply(shape, dtype), [rows, blocks.length, -1]),
        blocks.length,
        1,
      );
      const filled = parts.map((part, i) => {
        const value = values[blocks[i]];
        return value === undefined ? part : fill(part.shape, value);
      });
      return reshape(concat(filled, 1), shape);
    });
  return { apply } as unknown as Initializer;
}
