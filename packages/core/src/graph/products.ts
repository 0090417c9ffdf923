import type { NodeId } from '../equations/operations.js';
import type { ParameterShape } from '../equations/parameters.js';
import { type Node, reachable } from './graph.js';

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

/** The values that products and row operations read. */
export interface OperandValues {
  /** An index in an operand counts them. */
  readonly list: readonly NodeId[];
  /** The operand that a node is. */
  operandOf(id: NodeId): ProductOperand;
}

export function operandValues(nodes: readonly Node[], widths: readonly number[]): OperandValues {
  const list: NodeId[] = [];
  function operandOf(id: NodeId): ProductOperand {
    const node = nodes[id];
    const width = widths[id];
    const [base, start] = node.kind === 'slice' ? [node.operand, node.start] : [id, 0];
    const source = nodes[base];
    if (source.kind === 'input') return { kind: 'input', start, width };
    if (source.kind === 'state') return { kind: 'state', state: source.state, start, width };
    if (!list.includes(base)) list.push(base);
    return { kind: 'value', index: list.indexOf(base), start, width };
  }
  return { list, operandOf };
}

/** Groups the products that the roots depend on. Columns without a product end a group. */
export function groupProducts(
  nodes: readonly Node[],
  roots: Iterable<NodeId>,
  parameters: readonly ParameterShape[],
  { operandOf }: OperandValues,
): Product[] {
  const used = reachable(nodes, roots).flatMap((id) => {
    const node = nodes[id];
    if (node.kind !== 'product') return [];
    const { operand, parameter, firstRow, rows, columns } = node;
    const firstColumn = node.block * parameters[parameter].width + node.firstColumn;
    return [{ id, operand, parameter, firstRow, rows, firstColumn, columns }];
  });
  const operands = [...new Set(used.map(({ operand }) => operand))];
  used.sort(
    (a, b) =>
      operands.indexOf(a.operand) - operands.indexOf(b.operand) ||
      a.parameter - b.parameter ||
      a.firstRow - b.firstRow ||
      a.firstColumn - b.firstColumn,
  );
  const products: Product[] = [];
  let next = '';
  for (const { id, operand, parameter, firstRow, rows, firstColumn, columns } of used) {
    /** What a product that begins at a column would have in common with this one. */
    const keyAt = (column: number) => `${operand} ${parameter} ${firstRow} ${column}`;
    const last = products.at(-1);
    if (last !== undefined && next === keyAt(firstColumn)) {
      const results = [...last.results, id];
      products[products.length - 1] = { ...last, columns: last.columns + columns, results };
    } else {
      products.push({
        ...{ parameter, firstRow, rows, firstColumn, columns },
        firstBlock: firstColumn / parameters[parameter].width,
        results: [id],
        operand: operandOf(operand),
      });
    }
    next = keyAt(firstColumn + columns);
  }
  return products;
}
