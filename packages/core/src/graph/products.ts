import type { NodeId } from '../equations/operations.js';
import type { ParameterShape } from '../equations/parameters.js';
import { type Node, reachable } from './graph.js';

/** The operand of a matrix product: the input, a state before the step, or a value of the schedule. */
export type ProductOperand =
  | { readonly kind: 'input' }
  | { readonly kind: 'state'; readonly state: number }
  | { readonly kind: 'value'; readonly index: number };

/** One matrix product: neighbouring blocks of one matrix parameter that multiply the same row. */
export interface Product {
  readonly parameter: number;
  readonly firstBlock: number;
  /** The node of each block's result, in block order; its length is the number of blocks. */
  readonly results: readonly NodeId[];
  readonly operand: ProductOperand;
}

/**
 * Whether a product is an input projection: a product of `x` itself, which is computed once for the whole sequence. A product
 * of a function of `x` stays in the time loop.
 */
export const isInputProjection = (product: Product): boolean => product.operand.kind === 'input';

export interface Products {
  readonly products: readonly Product[];
  /** The values that products read, by the index in their operands. */
  readonly operandValues: readonly NodeId[];
}

/** Groups the products that the roots depend on. A block without a product ends a group. */
export function groupProducts(
  nodes: readonly Node[],
  roots: Iterable<NodeId>,
  parameters: readonly ParameterShape[],
): Products {
  const products: Product[] = [];
  const operandValues: NodeId[] = [];
  const used = reachable(nodes, roots);
  const find = (parameter: number, block: number, operand: NodeId) =>
    used.find((id) => {
      const node = nodes[id];
      return (
        node.kind === 'product' &&
        node.parameter === parameter &&
        node.block === block &&
        node.operand === operand
      );
    });
  const operandOf = (id: NodeId): ProductOperand => {
    const node = nodes[id];
    if (node.kind === 'input') return { kind: 'input' };
    if (node.kind === 'state') return { kind: 'state', state: node.state };
    if (!operandValues.includes(id)) operandValues.push(id);
    return { kind: 'value', index: operandValues.indexOf(id) };
  };
  const operands = new Set(
    used.map((id) => nodes[id]).flatMap((node) => (node.kind === 'product' ? [node.operand] : [])),
  );
  for (const operand of operands) {
    parameters.forEach(({ blocks }, parameter) => {
      let run: NodeId[] = [];
      for (let block = 0; block <= blocks.length; block++) {
        const result = find(parameter, block, operand);
        if (result !== undefined) run.push(result);
        else if (run.length > 0) {
          products.push({
            parameter,
            firstBlock: block - run.length,
            results: run,
            operand: operandOf(operand),
          });
          run = [];
        }
      }
    });
  }
  return { products, operandValues };
}
