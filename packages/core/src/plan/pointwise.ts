import type { RowAccess } from '../backend/kernels.js';
import { isDeviceNumber } from '../equations/check-definition.js';
import { Expression } from '../equations/expression.js';
import type { NodeId } from '../equations/operations.js';
import { visitInOrder } from '../equations/visit.js';
import { GraphBuilder } from '../graph/graph.js';
import type { Program } from './program.js';
import { schedule } from './schedule.js';

/** The place of a row of a program without a cell: one of the arrays that it loads, or one of its results. */
export interface ArrayPlace extends RowAccess {
  readonly array: number;
}

/**
 * A pointwise program of equations alone, without a cell: what is done to each number of some arrays, such as an
 * optimizer's update of a weight.
 *
 * @param names the arrays it loads. Load `i` is the array `i`, store `i` the result `i`.
 * @param equations from the loaded rows to the rows it stores.
 * @throws TypeError naming what is used without being loaded, or loaded without being used.
 */
export function pointwiseProgram<const Name extends string>(
  names: readonly Name[],
  equations: (rows: Readonly<Record<Name, Expression>>) => readonly Expression[],
): Program<ArrayPlace> {
  // Rows of any length above 1.
  const width = 2;
  const stateWidths = names.map(() => width);
  const builder = new GraphBuilder({ inputSize: width, stateWidths, parameters: [] });
  const known = new Map<Expression, NodeId>();
  const rows = names.map((name, state) => {
    const row = new Expression({ kind: 'state', state: name });
    known.set(row, builder.intern({ kind: 'state', state }));
    return [name, row] as const;
  });
  const add = (expression: Expression): void => {
    const { term } = expression;
    if (term.kind !== 'constant' && term.kind !== 'operation') {
      throw new TypeError(
        `A pointwise program loads ${names.join(', ')}, but its equations use something else, of kind '${term.kind}'.`,
      );
    }
    const id =
      term.kind === 'constant'
        ? builder.constant(term.value)
        : builder.apply(term.name, ...term.inputs.map((input) => known.get(input) as NodeId));
    const node = builder.nodes[id];
    if (node.kind === 'constant' && !isDeviceNumber(node.value)) {
      throw new TypeError(
        `A pointwise program has the number ${node.value}, which is not finite as float32.`,
      );
    }
    known.set(expression, id);
  };
  const results = equations(Object.fromEntries(rows) as Record<Name, Expression>).map((expression) => {
    visitInOrder(expression, known, add);
    return known.get(expression) as NodeId;
  });
  const { nodes, widths } = builder;
  const leaf = (id: NodeId): ArrayPlace | null => {
    const node = nodes[id];
    return node.kind === 'state' ? { array: node.state } : null;
  };
  const noValue = (): ArrayPlace => {
    throw new Error('a pointwise program is one stage');
  };
  const stores = results.map((node, array) => ({ node, slot: { array }, width }));
  const { stages } = schedule<ArrayPlace>({
    nodes,
    widths: widths.map(() => width),
    stores,
    leaf,
    product: () => null,
    kept: [],
    value: noValue,
    part: noValue,
    spread: noValue,
  });
  const [{ program }] = stages;
  const unused = names.filter((_, i) => !program.loads.some(({ array }) => array === i));
  if (unused.length > 0) {
    throw new TypeError(
      `A pointwise program must use every loaded array, but does not use ${unused.join(', ')}.`,
    );
  }
  return program;
}
