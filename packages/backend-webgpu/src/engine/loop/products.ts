import type { LoopProduct, LoopStage } from './loop.js';

/** How many batch rows a thread works on at the same time: the numbers of four rows are one `vec4f`. */
export type RowsTogether = 1 | 4;

export const rowsType = (rows: RowsTogether): string => (rows === 1 ? 'f32' : 'vec4f');

/** Declares the sums of a stage's products. */
export const declareSums = ({ products }: LoopStage, rows: RowsTogether): string =>
  products
    .flatMap(({ results }) => results.map((name) => `var ${name} = ${rowsType(rows)}();`))
    .join('\n    ');

/** Adds depth number `k` to a product's sums: the operand's rows are `operand`, the weights of block `b` `weight(b)`. */
export const addToSums = (
  { results }: LoopProduct,
  operand: string,
  weight: (block: number) => string,
): string => results.map((name, block) => `${name} += ${operand} * ${weight(block)};`).join('\n        ');

/** Calls a stage's function for every row that there is. (One call in a loop: software adapters take long to compile each.) */
export const callForRows = (
  { products }: LoopStage,
  index: number,
  rows: RowsTogether,
  firstRow: string,
  more: readonly string[] = [],
): string => {
  const sums = products.flatMap(({ results }) =>
    results.map((name) => (rows === 1 ? name : `${name}[lane]`)),
  );
  return `for (var lane = 0u; lane < ${rows}u; lane++) {
      if (${firstRow} + lane < u.batch) { stage${index}(${[`${firstRow} + lane`, 'unit', 'position', ...more, ...sums].join(', ')}); }
    }`;
};
