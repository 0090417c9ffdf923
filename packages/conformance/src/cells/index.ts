import { catalogueVariants } from './catalogue.js';
import { derivationVariants } from './derivation.js';
import { pointwiseVariants } from './pointwise.js';
import { publishedVariants } from './published.js';
import { rowVariants } from './rows.js';
import type { Variant } from './variant.js';
import { wideVariants } from './wide.js';

export { catalogueVariants } from './catalogue.js';
export { randomVariants } from './random-equations.js';
export type { Variant } from './variant.js';

/** Every cell of the suite: the catalogue, and cells that users may write. */
export const variants: readonly Variant[] = [
  ...catalogueVariants,
  ...wideVariants,
  ...rowVariants,
  ...publishedVariants,
  ...derivationVariants,
  ...pointwiseVariants,
];

/** Cells of the suite whose kernels have many stages and take long to compile. The quick tier has less of them. */
export const slowVariants: readonly Variant[] = [
  ...wideVariants,
  ...rowVariants,
  ...catalogueVariants.filter(
    ({ cell: { options } }) => options.layerNorm === true && options.useBias === false,
  ),
];

/** The stock cells with their defaults: plans with one product, with two products one after the other, and with none. */
export const commonVariants: readonly Variant[] = catalogueVariants.filter(({ name }) =>
  ['gru', 'gru, no resetAfter', 'lstm', 'sru, version 2, highway', 'simpleRnn'].includes(name),
);

/** The variant of that name. */
export function variantNamed(name: string): Variant {
  const found = variants.find((variant) => variant.name === name);
  if (found === undefined) throw new Error(`There is no cell '${name}' in the suite.`);
  return found;
}
