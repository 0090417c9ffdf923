import type { LoopProduct, LoopScan, LoopStage, Program, Reference } from '@sluice/core/backend';

/** A matrix product of every step. */
export type BodyProduct = Extract<LoopProduct, { readonly kind: 'rows' }>;

/** An operation on whole rows of every step. */
export type RowOperation = Extract<LoopProduct, { readonly kind: 'row' }>;

/** A stage of every step: matrix products and a program, or an operation on whole rows. */
export interface BodyStage extends LoopStage {
  readonly products: readonly BodyProduct[];
  readonly rowOperation?: RowOperation;
}

const NOTHING: Program<Reference> = { loads: [], constants: [], operations: [], stores: [] };

/**
 * The stages of a time step, so divided that a thread computes the numbers of a product's result that its program loads: an
 * operation on whole rows, or a result that its program does not load in a few blocks of the stage's width, gets a stage of its own,
 * and later stages load it from memory.
 */
export function splitStages(body: readonly LoopStage[]): BodyStage[] {
  return body.flatMap((stage) => {
    const inBlocks: BodyProduct[] = [];
    const before = stage.products.flatMap((product): BodyStage[] => {
      const alone = { products: [], program: NOTHING };
      if (product.kind === 'row') return [{ ...alone, width: product.result.width, rowOperation: product }];
      if (product.kind !== 'rows' || product.accumulate) {
        throw new Error('a product of a time step is one of rows, and overwrites its result');
      }
      if (!isInBlocks(product, stage)) {
        return [{ ...alone, width: product.result.width, products: [product] }];
      }
      inBlocks.push(product);
      return [];
    });
    return [...before, { ...stage, products: inBlocks }];
  });
}

/** The most blocks of one product that a thread computes: each is written out in WGSL, with numbers of its own. */
const MAX_BLOCKS = 16;

const isInBlocks = ({ result }: BodyProduct, { width, program }: LoopStage): boolean =>
  result.width % width === 0 &&
  result.width / width <= MAX_BLOCKS &&
  program.loads.some(({ buffer }) => buffer === result.buffer) &&
  program.loads.every(
    ({ buffer, column, width: loaded, spread }) =>
      buffer !== result.buffer || (!spread && loaded === width && (column - result.column) % width === 0),
  );

/** The rows that a stage reads. */
export const readsOf = ({ products, program, rowOperation }: BodyStage): Reference[] => [
  ...program.loads,
  ...products.map(({ left }) => left),
  ...(rowOperation ? [rowOperation.operand] : []),
];

/** The rows that a stage over all steps reads. */
export const readsOverSteps = ({ products, program }: LoopStage<LoopProduct | LoopScan>): Reference[] => [
  ...program.loads,
  ...products.flatMap(readsOfProduct),
];

function readsOfProduct(product: LoopProduct | LoopScan): Reference[] {
  switch (product.kind) {
    case 'row':
      return [product.operand];
    case 'scan':
      return [product.factor, product.addend, product.from, ...(product.reads ? [product.reads] : [])];
    case 'rows':
      return [product.left];
    case 'weights':
      return [product.left, product.right];
  }
}

/** The rows that a stage writes. */
export const writesOf = ({ products, program, rowOperation }: BodyStage): Reference[] => [
  ...program.stores.map(({ slot }) => slot),
  ...products.map(({ result }) => result),
  ...(rowOperation ? [rowOperation.result] : []),
];

/** A block of a product's result: as many columns as the stage is wide. */
export interface Block {
  /** The name of its number in WGSL. */
  readonly name: string;
  readonly place: Reference;
}

/** The blocks of a product's result. */
export const blocksOf = ({ width }: BodyStage, { result }: BodyProduct, name: string): Block[] =>
  Array.from({ length: result.width / width }, (_, block) => ({
    name: `${name}_${block}`,
    place: { ...result, column: result.column + block * width, width },
  }));

/** Whether a stage computes anything. */
export const hasWork = (stage: BodyStage): boolean => writesOf(stage).length > 0;

/** Whether two references name the same columns of a buffer. */
export const isSamePlace = (a: Reference, b: Reference): boolean =>
  a.buffer === b.buffer && a.column === b.column && a.width === b.width && a.at === b.at;
