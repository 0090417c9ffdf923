import type { Plan } from '@sluice/core';
import { MOST_FLOAT16 } from './float16.js';

/**
 * Weights in fewer bits. `float16`: 16 bits in the model and float32 in memory. `int8`: matrices in 8 bits, with a scale for each
 * column, in the model and in memory; rows are rounded to whole numbers in each frame, and products are sums of whole numbers.
 */
export type Quantize = 'float16' | 'int8';

/** @throws RangeError when it is neither of the two nor undefined. */
export function checkQuantize(quantize: Quantize | undefined): void {
  const given: unknown = quantize;
  if (given === undefined || given === 'float16' || given === 'int8') return;
  throw new RangeError(
    `quantize must be 'float16' or 'int8', but is ${typeof given === 'string' ? `'${given}'` : typeof given}.`,
  );
}

/** @throws TypeError naming all parameters with a number that the bits cannot hold. */
export function checkStorable(
  { parameters: shapes, cell }: Plan,
  parameters: readonly Float32Array[],
  quantize: Quantize | undefined,
): void {
  if (quantize === undefined) return;
  const limit = quantize === 'float16' ? MOST_FLOAT16 : Number.MAX_VALUE;
  const problems = parameters.flatMap((values, index) => {
    const wrong = values.find((value) => !(Math.abs(value) <= limit));
    return wrong === undefined ? [] : [`'${shapes[index].name}' has ${wrong}`];
  });
  if (problems.length === 0) return;
  throw new TypeError(
    `The weights of '${cell.name}' cannot be stored as ${quantize}: ${problems.join('; ')}. Leave out quantize.`,
  );
}
