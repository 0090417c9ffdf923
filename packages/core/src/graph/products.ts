import type { NodeId } from '../equations/operations.js';
import type { ParameterShape } from '../equations/parameters.js';
import { type Node, type ProductMatrix, reachable } from './graph.js';

/** Where a matrix product, or an operation on a row, finds its operand: numbers of the input, of a state before the step or of a value. */
export type ProductOperand =
  | { readonly kind: 'input'; readonly start: number; readonly width: number }
  | { readonly kind: 'state'; readonly state: number; readonly start: number; readonly width: number }
  | { readonly kind: 'value'; readonly index: number; readonly start: number; readonly width: number };

/** One matrix product: neighbouring columns of one matrix parameter that multiply the same row. */
export interface Product {
  readonly parameter: number;
  /** Rows of the matrix. */
  readonly firstRow: number;
  readonly rows: number;
  /** The first column of the matrix, and the number of columns. */
  readonly firstColumn: number;
  readonly columns: number;
  readonly firstBlock: number;
  /** The node of each result, in the order of the columns. */
  readonly results: readonly NodeId[];
  readonly operand: ProductOperand;
}

/**
 * Whether a product is an input projection: a product of `x` itself, which is computed once for the whole sequence. A product
 * of a function of `x` stays in the time loop.
 */
export const isInputProjection = (product: Product): boolean => product.operand.kind === 'input';

/** The values that products and row operations read; an index in an operand counts them. */
export class OperandValues {
  readonly list: NodeId[] = [];

  constructor(
    private readonly nodes: readonly Node[],
    private readonly widths: readonly number[],
  ) {}

  /** The operand that a node is. */
  operandOf(id: NodeId): ProductOperand {
    const node = this.nodes[id];
    const width = this.widths[id];
    const [base, start] = node.kind === 'slice' ? [node.operand, node.start] : [id, 0];
    const source = this.nodes[base];
    if (source.kind === 'input') return { kind: 'input', start, width };
    if (source.kind === 'state') return { kind: 'state', state: source.state, start, width };
    if (!this.list.includes(base)) this.list.push(base);
    return { kind: 'value', index: this.list.indexOf(base), start, width };
  }
}

/** Groups the products that the roots depend on. Columns without a product end a group. */
export function groupProducts(
  nodes: readonly Node[],
  roots: Iterable<NodeId>,
  parameters: readonly ParameterShape[],
  values: OperandValues,
): Product[] {
  const products: Product[] = [];
  const used = reachable(nodes, roots).flatMap((id) => {
    const node = nodes[id];
    return node.kind === 'product' ? [{ id, ...node }] : [];
  });
  const startOf = ({ parameter, block, firstColumn }: ProductMatrix) =>
    block * parameters[parameter].width + firstColumn;
  const operands = new Set(used.map(({ operand }) => operand));
  for (const operand of operands) {
    parameters.forEach((_, parameter) => {
      const ofBoth = used.filter((node) => node.parameter === parameter && node.operand === operand);
      const rowRanges = new Set(ofBoth.map(({ firstRow }) => firstRow));
      for (const firstRow of rowRanges) {
        const inOrder = ofBoth
          .filter((node) => node.firstRow === firstRow)
          .sort((a, b) => startOf(a) - startOf(b));
        let results: NodeId[] = [];
        let firstColumn = 0;
        let columns = 0;
        for (const [i, node] of inOrder.entries()) {
          if (results.length === 0) firstColumn = startOf(node);
          results.push(node.id);
          columns += node.columns;
          const next = inOrder[i + 1];
          if (next !== undefined && startOf(next) === firstColumn + columns) continue;
          const { rows } = node;
          const read = values.operandOf(operand);
          const firstBlock = firstColumn / parameters[parameter].width;
          products.push({
            parameter,
            firstRow,
            rows,
            firstColumn,
            columns,
            firstBlock,
            results,
            operand: read,
          });
          results = [];
          columns = 0;
        }
      }
    });
  }
  return products;
}
