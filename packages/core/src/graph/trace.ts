import { isDeviceNumber } from '../equations/check-definition.js';
import type { Expression, Term } from '../equations/expression.js';
import type { Cell } from '../equations/make-cell.js';
import type { NodeId, OperationName } from '../equations/operations.js';
import type { ParameterBlock, ParameterShape, Sizes } from '../equations/parameters.js';
import { dividesRow } from '../equations/row-operations.js';
import { visitInOrder } from '../equations/visit.js';
import { GraphBuilder } from './graph.js';

export interface TraceOptions {
  /** Multiply the operand of every product with a recurrent kernel by a mask of its own (variational dropout). */
  readonly recurrentDropout?: boolean;
}

/** The block of a recurrent kernel whose operand a recurrent mask multiplies. */
export interface RecurrentMask {
  readonly parameter: string;
  readonly block: string;
  /** The length of its rows. */
  readonly width: number;
}

/** A cell's equations as a graph. */
export interface Traced {
  readonly builder: GraphBuilder;
  readonly parameters: readonly ParameterShape[];
  /** Every named result of the equations, states included. */
  readonly names: Readonly<Record<string, NodeId>>;
  /** The new value of each state. */
  readonly states: readonly NodeId[];
  readonly output: NodeId;
  readonly stateWidths: readonly number[];
  readonly outputWidth: number;
  readonly recurrentMasks: readonly RecurrentMask[];
}

/** A traced row: its node and its length; a number fits every length. */
interface Row {
  readonly id: NodeId;
  readonly length: number | 'any';
}

interface KnownRow extends Row {
  readonly length: number;
}

type TermOf<Kind extends Term['kind']> = Extract<Term, { kind: Kind }>;

/**
 * Turns a cell's equations into a graph for given sizes, checking every row length on the way.
 *
 * @throws TypeError naming the cell, the equation and the two shapes that do not fit, or an undeclared name.
 */
export function trace(cell: Cell, sizes: Sizes, { recurrentDropout }: TraceOptions = {}): Traced {
  const results = cell.results(sizes);
  const parameters = cell.parameters(sizes);
  const stateWidths = cell.stateWidths(sizes);
  const builder = new GraphBuilder({ inputSize: sizes.inputSize, stateWidths, parameters });
  const { widths } = builder;
  const recurrentMasks: RecurrentMask[] = [];
  const traced = new Map<Expression, Row>();
  /** The name of the equation that is traced. */
  let equation = '';

  const rowOf = (expression: Expression): Row => traced.get(expression) as Row;
  const errorOf = (message: string): TypeError =>
    new TypeError(`Cell '${cell.name}', equation '${equation}': ${message}.`);

  /** A node that is as long as its row. */
  const whole = (id: NodeId): KnownRow => ({ id, length: widths[id] });

  function withKnownLength({ id, length }: Row, what: string): KnownRow {
    if (length !== 'any') return { id, length };
    throw errorOf(`${what} must be a row, but is a number`);
  }

  /** Refuses a constant that is not finite in float32. */
  function finite(id: NodeId, operation?: OperationName): NodeId {
    const node = builder.nodes[id];
    if (node.kind !== 'constant' || isDeviceNumber(node.value)) return id;
    const what = operation ? `'${operation}' of numbers gives` : 'it has the number';
    throw errorOf(`${what} ${node.value}, which is not finite as float32`);
  }

  function stateOf(name: string): number {
    const state = cell.states.indexOf(name);
    if (state < 0) throw errorOf(`it uses the state '${name}' of another cell`);
    return state;
  }

  function blockOf({ parameter: name, block: column }: ParameterBlock) {
    const parameter = parameters.findIndex((shape) => shape.name === name);
    const block = parameter < 0 ? -1 : parameters[parameter].blocks.indexOf(column);
    if (block < 0) throw errorOf(`it uses '${name}.${column}', which the cell does not declare`);
    return { parameter, block };
  }

  function traceOperation({ name, inputs }: TermOf<'operation'>): Row {
    const operands = inputs.map(rowOf);
    const lengths = [...new Set(operands.map(({ length }) => length))].filter((length) => length !== 'any');
    const longer = lengths.filter((length) => length !== 1);
    if (longer.length > 1) {
      const shapes = longer.map((length) => `[${length}]`).join(' and ');
      throw errorOf(`the operands of '${name}' have shapes ${shapes}, but must have the same`);
    }
    const id = finite(builder.apply(name, ...operands.map((operand) => operand.id)), name);
    return { id, length: longer[0] ?? lengths[0] ?? 'any' };
  }

  /** Row operations and parts of a row. */
  function traceOneRow(term: TermOf<'rowOperation' | 'mean' | 'spread' | 'slice' | 'part'>): Row {
    const { kind } = term;
    const what = kind === 'rowOperation' ? term.name : kind;
    const operand = withKnownLength(rowOf(term.operand), `the row of ${what}`);
    const { id, length } = operand;
    const parts = 'parts' in term ? term.parts : 1;
    const mustDivide = kind === 'rowOperation' ? dividesRow(term.name) : kind !== 'spread';
    if (mustDivide && length % parts !== 0) {
      throw errorOf(`${what} cannot divide a row of shape [${length}] into ${parts} equal parts`);
    }
    switch (kind) {
      case 'rowOperation':
        return whole(builder.rowOperation(term.name, parts, id));
      case 'mean': {
        const total = builder.rowOperation('sumWithin', parts, id);
        return whole(builder.apply('mul', total, builder.constant(parts / length)));
      }
      case 'spread': {
        const like = withKnownLength(rowOf(term.like), 'the row');
        // A row of one number already stands for a row of any length.
        return parts === 1 ? operand : whole(builder.rowOperation('repeat', like.length / parts, id));
      }
      case 'part':
        return whole(builder.slice(id, (term.index * length) / parts, length / parts));
      case 'slice': {
        const last = term.start + term.length - 1;
        if (last < length) return whole(builder.slice(id, term.start, term.length));
        throw errorOf(`slice takes numbers ${term.start} to ${last} of a row of shape [${length}]`);
      }
    }
  }

  /** Products read anything but parameters, numbers and products, or parts of them; a copy of one becomes an operation. */
  function materialised(operand: NodeId): NodeId {
    const node = builder.nodes[operand];
    if (node.kind === 'slice') return builder.slice(materialised(node.operand), node.start, node.width);
    if (node.kind !== 'vector' && node.kind !== 'constant' && node.kind !== 'product') return operand;
    return builder.intern({ kind: 'operation', name: 'identity', inputs: [operand] });
  }

  /** A product's operand, times its recurrent mask if it has one. */
  function masked(operand: NodeId, { parameter, block }: ParameterBlock, shape: ParameterShape): NodeId {
    if (!recurrentDropout || shape.role !== 'recurrentKernel') return operand;
    const width = shape.rows;
    let index = recurrentMasks.findIndex((mask) => mask.parameter === parameter && mask.block === block);
    if (index < 0) index = recurrentMasks.push({ parameter, block, width }) - 1;
    return builder.apply('mul', operand, builder.intern({ kind: 'recurrentMask', index, width }));
  }

  /** A row times columns of a block. A row that is put together from others is a sum of products. */
  function productOfRows(
    place: { readonly parameter: number; readonly block: number },
    operand: NodeId,
    firstColumn: number,
    columns: number,
  ): NodeId {
    const node = builder.nodes[operand];
    const [inputs, starts] = node.kind === 'concat' ? [node.inputs, node.starts] : [[operand], [0]];
    const products = inputs.flatMap((input, i) =>
      builder.isZeros(input)
        ? []
        : builder.intern({
            kind: 'product',
            operand: materialised(input),
            ...place,
            ...{ firstRow: starts[i], rows: widths[input], firstColumn, columns },
          }),
    );
    if (products.length === 0) return builder.zeros(columns);
    return products.reduce((sum, product) => builder.apply('add', sum, product));
  }

  function traceProduct(term: TermOf<'product'>): Row {
    const place = blockOf(term.block);
    const shape = parameters[place.parameter];
    const { rows, groups, width } = shape;
    const { id, length } = rowOf(term.operand);
    if (length !== rows) {
      const label = `${shape.symbol}_${shape.blocks[place.block]}`;
      const given = length === 'any' ? 'a number' : `shape [${length}]`;
      throw errorOf(
        `${label} has shape [${rows}, ${width}] and multiplies rows of shape [${rows}], but was given ${given}`,
      );
    }
    const operand = masked(id, term.block, shape);
    const results = Array.from({ length: groups }, (_, group) => {
      const part = builder.slice(operand, (group * rows) / groups, rows / groups);
      return productOfRows(place, part, (group * width) / groups, width / groups);
    });
    return whole(builder.concat(results));
  }

  function traceTerm(term: Term): Row {
    switch (term.kind) {
      case 'input':
        return whole(builder.intern({ kind: 'input' }));
      case 'state':
        return whole(builder.intern({ kind: 'state', state: stateOf(term.state) }));
      case 'constant':
        return { id: finite(builder.constant(term.value)), length: 'any' };
      case 'vector':
        return whole(builder.intern({ kind: 'vector', ...blockOf(term.block) }));
      case 'product':
        return traceProduct(term);
      case 'operation':
        return traceOperation(term);
      case 'zeros':
        return whole(builder.zeros(term.length));
      case 'concat':
        return whole(
          builder.concat(term.inputs.map((input) => withKnownLength(rowOf(input), 'a part of concat').id)),
        );
      default:
        return traceOneRow(term);
    }
  }

  /** Traces one named result without recursion; that of a state must be as long as the state. */
  function traceResult(name: string, expression: Expression): Row {
    equation = name;
    visitInOrder(expression, traced, (next) => traced.set(next, traceTerm(next.term)));
    const row = rowOf(expression);
    const width = stateWidths[cell.states.indexOf(name)];
    if (width === undefined || fits(row, width)) return row;
    const unit = width === sizes.units ? ' (units)' : '';
    throw errorOf(`the result has shape [${row.length}], but must have [${width}]${unit}`);
  }

  const names: Record<string, NodeId> = {};
  let outputWidth = stateWidths[0];
  for (const [name, expression] of Object.entries(results)) {
    const { id, length } = traceResult(name, expression);
    names[name] = id;
    if (name === 'output') outputWidth = length === 'any' ? sizes.units : length;
  }
  const states = cell.states.map((state) => names[state]);
  const output = names.output ?? states[0];
  return { builder, parameters, names, states, output, stateWidths, outputWidth, recurrentMasks };
}

/** Whether a row can be the value of a row of `width` numbers. */
const fits = ({ length }: Row, width: number): boolean =>
  length === width || length === 'any' || length === 1;
