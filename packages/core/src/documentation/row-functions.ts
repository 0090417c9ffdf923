/** Finds in a graph the functions of rows that consist of several operations, so that they are printed by name. */
import type { NodeId } from '../equations/operations.js';
import type { RowOperationName } from '../equations/row-operations.js';
import type { Plan } from '../plan/plan.js';

export type RowFunctionName = 'mean' | 'softmax' | 'normalize' | 'normalizeRms';

interface RowFunction {
  readonly name: RowFunctionName;
  readonly row: NodeId;
  readonly parts: number;
}

type Graph = Pick<Plan, 'nodes' | 'widths'>;

/** The function whose last operation is a node, if it is one of `softmax`, `normalize`, `normalizeRms` and `mean`. */
export function rowFunctionOf(graph: Graph, id: NodeId): RowFunction | undefined {
  return meanOf(graph, id) ?? softmaxOf(graph, id) ?? normalizeOf(graph, id);
}

function inputsOf({ nodes }: Graph, id: NodeId, name: string): readonly NodeId[] {
  const node = nodes[id];
  return node.kind === 'operation' && node.name === name ? node.inputs : [];
}

/** The row and parts of a row operation. */
function operandOf({ nodes }: Graph, id: NodeId, name: RowOperationName) {
  const node = nodes[id];
  return node.kind === 'rowOperation' && node.name === name ? node : undefined;
}

/** One number for each part of a row, from the row where each is repeated for its part. */
function partsOf(graph: Graph, id: NodeId, parts: number): NodeId {
  return parts === 1 ? id : (operandOf(graph, id, 'repeat')?.operand ?? id);
}

function meanOf(graph: Graph, id: NodeId): RowFunction | undefined {
  const [total, factor] = inputsOf(graph, id, 'mul');
  if (total === undefined) return undefined;
  const sum = operandOf(graph, total, 'sumWithin');
  const number = graph.nodes[factor];
  if (!sum || number.kind !== 'constant') return undefined;
  const { operand: row, parts } = sum;
  return number.value === parts / graph.widths[row] ? { name: 'mean', row, parts } : undefined;
}

function softmaxOf(graph: Graph, id: NodeId): RowFunction | undefined {
  const [powers, total] = inputsOf(graph, id, 'div');
  if (powers === undefined) return undefined;
  const [exponent] = inputsOf(graph, powers, 'exp');
  if (exponent === undefined) return undefined;
  const [row, largest] = inputsOf(graph, exponent, 'sub');
  if (row === undefined) return undefined;
  for (const parts of partCounts(graph, total)) {
    const sum = operandOf(graph, partsOf(graph, total, parts), 'sumWithin');
    const max = operandOf(graph, partsOf(graph, largest, parts), 'maxWithin');
    if (sum?.operand === powers && sum.parts === parts && max?.operand === row && max.parts === parts) {
      return { name: 'softmax', row, parts };
    }
  }
  return undefined;
}

function normalizeOf(graph: Graph, id: NodeId): RowFunction | undefined {
  const [dividend, divisor] = inputsOf(graph, id, 'div');
  if (dividend === undefined) return undefined;
  for (const parts of partCounts(graph, divisor)) {
    const [variance] = inputsOf(graph, partsOf(graph, divisor, parts), 'sqrt');
    const [squares, epsilon] = variance === undefined ? [] : inputsOf(graph, variance, 'add');
    const mean = squares === undefined ? undefined : meanOf(graph, squares);
    const factors = mean ? inputsOf(graph, mean.row, 'mul') : [];
    if (mean?.parts !== parts || !factors.every((factor) => factor === dividend) || !factors[0]) continue;
    const [row, centre] = inputsOf(graph, dividend, 'sub');
    const centred = row === undefined ? undefined : meanOf(graph, partsOf(graph, centre, parts));
    const isCentred = centred?.row === row && centred?.parts === parts && row !== undefined;
    // Another epsilon than the default one would not be printed.
    const added = graph.nodes[epsilon];
    if (added.kind !== 'constant' || added.value !== (isCentred ? 1e-5 : 1e-6)) return undefined;
    return isCentred ? { name: 'normalize', row, parts } : { name: 'normalizeRms', row: dividend, parts };
  }
  return undefined;
}

/** The numbers of parts that a function with this divisor can have. */
function partCounts(graph: Graph, divisor: NodeId): number[] {
  const repeated = operandOf(graph, divisor, 'repeat');
  return repeated ? [graph.widths[repeated.operand], 1] : [1];
}

/**
 * The product of a row and one block of a block-diagonal matrix, whose results are put together.
 * @returns the whole row, or the parts that are put together to it.
 */
export function blockDiagonalProduct(
  { nodes, widths, parameters }: Pick<Plan, 'nodes' | 'widths' | 'parameters'>,
  results: readonly NodeId[],
): { parameter: number; block: number; operands: readonly NodeId[] } | undefined {
  const first = nodes[results[0]];
  if (first.kind !== 'product' || parameters[first.parameter].groups !== results.length) return undefined;
  const { parameter, block, columns } = first;
  const operands = results.flatMap((id, group) => {
    const node = nodes[id];
    const isGroup = node.kind === 'product' && node.parameter === parameter && node.block === block;
    return isGroup && node.firstColumn === group * columns ? [node.operand] : [];
  });
  if (operands.length < results.length) return undefined;
  const slices = operands.map((id) => nodes[id]);
  const [slice] = slices;
  const isWhole =
    slice.kind === 'slice' &&
    widths[slice.operand] === parameters[parameter].rows &&
    slices.every(
      (part, group) =>
        part.kind === 'slice' && part.operand === slice.operand && part.start === group * slice.width,
    );
  return { parameter, block, operands: isWhole ? [slice.operand] : operands };
}
