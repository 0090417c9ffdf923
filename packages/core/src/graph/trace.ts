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

/**
 * Turns a cell's equations into a graph for given sizes, checking every row length on the way.
 *
 * @throws TypeError naming the cell, the equation and the two shapes that do not fit, or an undeclared name.
 */
export function trace(cell: Cell, sizes: Sizes, options: TraceOptions = {}): Traced {
  const results = cell.results(sizes);
  const tracer = new Tracer(cell, sizes, options);
  const { builder, parameters, stateWidths, recurrentMasks } = tracer;
  const rows = Object.entries(results).map(([name, row]) => [name, tracer.result(name, row)] as const);
  const names = Object.fromEntries(rows.map(([name, { id }]) => [name, id]));
  const states = cell.states.map((state) => names[state]);
  const given = rows.find(([name]) => name === 'output')?.[1].length;
  const outputWidth = given === undefined ? stateWidths[0] : given === 'any' ? sizes.units : given;
  const output = names.output ?? states[0];
  return { builder, parameters, names, states, output, stateWidths, outputWidth, recurrentMasks };
}

/** A traced row: its node and its length; a number fits every length. */
interface Row {
  readonly id: NodeId;
  readonly length: number | 'any';
}

type TermOf<Kind extends Term['kind']> = Extract<Term, { kind: Kind }>;

class Tracer {
  readonly builder: GraphBuilder;
  readonly parameters: ParameterShape[];
  readonly stateWidths: readonly number[];
  readonly recurrentMasks: RecurrentMask[] = [];
  private readonly rows = new Map<Expression, Row>();
  private equation = '';

  constructor(
    private readonly cell: Cell,
    private readonly sizes: Sizes,
    private readonly options: TraceOptions,
  ) {
    this.parameters = cell.parameters(sizes);
    this.stateWidths = cell.stateWidths(sizes);
    const { parameters, stateWidths } = this;
    this.builder = new GraphBuilder({ inputSize: sizes.inputSize, stateWidths, parameters });
  }

  /** Traces one named result; that of a state must be as long as the state. */
  result(equation: string, expression: Expression): Row {
    this.equation = equation;
    const row = this.row(expression);
    const state = this.cell.states.indexOf(equation);
    const width = this.stateWidths[state];
    if (state < 0 || fits(row, width)) return row;
    const name = width === this.sizes.units ? ' (units)' : '';
    throw this.error(`the result has shape [${row.length}], but must have [${width}]${name}`);
  }

  /** Traces an expression without recursion: equations may be thousands of operations deep. */
  private row(expression: Expression): Row {
    visitInOrder(expression, this.rows, (next) => this.rows.set(next, this.trace(next)));
    return this.traced(expression);
  }

  private traced(expression: Expression): Row {
    return this.rows.get(expression) as Row;
  }

  private trace({ term }: Expression): Row {
    const { builder } = this;
    switch (term.kind) {
      case 'input':
        return this.withLength(builder.intern({ kind: 'input' }));
      case 'state': {
        const state = this.cell.states.indexOf(term.state);
        if (state < 0) throw this.error(`it uses the state '${term.state}' of another cell`);
        return this.withLength(builder.intern({ kind: 'state', state }));
      }
      case 'constant':
        return { id: this.finite(builder.constant(term.value)), length: 'any' };
      case 'vector': {
        const { parameter, block } = this.block(term.block);
        return this.withLength(builder.intern({ kind: 'vector', parameter, block }));
      }
      case 'product':
        return this.product(term);
      case 'operation':
        return this.operation(term);
      case 'zeros':
        return this.withLength(builder.zeros(term.length));
      case 'concat':
        return this.withLength(
          builder.concat(
            term.inputs.map((input) => this.withKnownLength(this.traced(input), 'a part of concat').id),
          ),
        );
      default:
        return this.ofOneRow(term);
    }
  }

  private withLength(id: NodeId): Row {
    return { id, length: this.builder.widths[id] };
  }

  private operation(term: TermOf<'operation'>): Row {
    const inputs = term.inputs.map((input) => this.traced(input));
    const lengths = [...new Set(inputs.map(({ length }) => length))].filter((length) => length !== 'any');
    const longer = lengths.filter((length) => length !== 1);
    if (longer.length > 1) {
      const shapes = longer.map((length) => `[${length}]`).join(' and ');
      throw this.error(`the operands of '${term.name}' have shapes ${shapes}, but must have the same`);
    }
    const id = this.finite(this.builder.apply(term.name, ...inputs.map((input) => input.id)), term.name);
    return { id, length: longer[0] ?? lengths[0] ?? 'any' };
  }

  /** Row operations and parts of a row. */
  private ofOneRow(term: TermOf<'rowOperation' | 'mean' | 'spread' | 'slice' | 'part'>): Row {
    const { builder } = this;
    const what = term.kind === 'rowOperation' ? term.name : term.kind;
    const operand = this.withKnownLength(this.traced(term.operand), `the row of ${what}`);
    const { length } = operand;
    const parts = 'parts' in term ? term.parts : 1;
    const mustDivide = term.kind === 'rowOperation' ? dividesRow(term.name) : term.kind !== 'spread';
    if (mustDivide && length % parts !== 0) {
      throw this.error(`${what} cannot divide a row of shape [${length}] into ${parts} equal parts`);
    }
    switch (term.kind) {
      case 'rowOperation':
        return this.withLength(builder.rowOperation(term.name, parts, operand.id));
      case 'mean': {
        const total = builder.rowOperation('sumWithin', parts, operand.id);
        return this.withLength(builder.apply('mul', total, builder.constant(parts / length)));
      }
      case 'spread': {
        const like = this.withKnownLength(this.traced(term.like), 'the row');
        // A row of one number already stands for a row of any length.
        if (parts === 1) return operand;
        return this.withLength(builder.rowOperation('repeat', like.length / parts, operand.id));
      }
      case 'part': {
        const size = length / parts;
        return this.withLength(builder.slice(operand.id, term.index * size, size));
      }
      case 'slice':
        if (term.start + term.length > length) {
          throw this.error(
            `slice takes numbers ${term.start} to ${term.start + term.length - 1} of a row of shape [${length}]`,
          );
        }
        return this.withLength(builder.slice(operand.id, term.start, term.length));
    }
  }

  private withKnownLength({ id, length }: Row, what: string): { id: NodeId; length: number } {
    if (length !== 'any') return { id, length };
    throw this.error(`${what} must be a row, but is a number`);
  }

  /** Refuses a constant that is not finite in float32. */
  private finite(id: NodeId, operation?: OperationName): NodeId {
    const node = this.builder.nodes[id];
    if (node.kind !== 'constant' || isDeviceNumber(node.value)) return id;
    const what = operation ? `'${operation}' of numbers gives` : 'it has the number';
    throw this.error(`${what} ${node.value}, which is not finite as float32`);
  }

  private product(term: TermOf<'product'>): Row {
    const { parameter, block } = this.block(term.block);
    const shape = this.parameters[parameter];
    const { rows, groups, width } = shape;
    const operand = this.traced(term.operand);
    if (operand.length !== rows) {
      const label = `${shape.symbol}_${shape.blocks[block]}`;
      const given = operand.length === 'any' ? 'a number' : `shape [${operand.length}]`;
      throw this.error(
        `${label} has shape [${rows}, ${width}] and multiplies rows of shape [${rows}], but was given ${given}`,
      );
    }
    const masked = this.masked(operand.id, term.block, shape);
    const { builder } = this;
    if (groups === 1) return this.withLength(this.productOfRows(parameter, block, masked, 0, width));
    const results = Array.from({ length: groups }, (_, group) => {
      const part = builder.slice(masked, (group * rows) / groups, rows / groups);
      return this.productOfRows(parameter, block, part, (group * width) / groups, width / groups);
    });
    return this.withLength(builder.concat(results));
  }

  /** A row times columns of a block. A row that is put together from others is a sum of products. */
  private productOfRows(
    parameter: number,
    block: number,
    operand: NodeId,
    firstColumn: number,
    columns: number,
  ): NodeId {
    const { builder } = this;
    const node = builder.nodes[operand];
    const [inputs, starts] = node.kind === 'concat' ? [node.inputs, node.starts] : [[operand], [0]];
    const products = inputs.flatMap((input, i) =>
      builder.isZeros(input)
        ? []
        : builder.intern({
            kind: 'product',
            operand: this.materialised(input),
            ...{ parameter, block, firstRow: starts[i], rows: builder.widths[input], firstColumn, columns },
          }),
    );
    if (products.length === 0) return builder.zeros(columns);
    return products.reduce((sum, product) => builder.apply('add', sum, product));
  }

  private masked(operand: NodeId, reference: ParameterBlock, { role, rows }: ParameterShape): NodeId {
    if (!this.options.recurrentDropout || role !== 'recurrentKernel') return operand;
    const same = ({ parameter, block }: RecurrentMask) =>
      parameter === reference.parameter && block === reference.block;
    let index = this.recurrentMasks.findIndex(same);
    if (index < 0) index = this.recurrentMasks.push({ ...reference, width: rows }) - 1;
    const mask = this.builder.intern({ kind: 'recurrentMask', index, width: rows });
    return this.builder.apply('mul', operand, mask);
  }

  /** Products read anything but parameters, numbers and products, or parts of them; a copy of one becomes an operation. */
  private materialised(operand: NodeId): NodeId {
    const { builder } = this;
    const node = builder.nodes[operand];
    if (node.kind === 'slice') return builder.slice(this.materialised(node.operand), node.start, node.width);
    if (node.kind !== 'vector' && node.kind !== 'constant' && node.kind !== 'product') return operand;
    return builder.intern({ kind: 'operation', name: 'identity', inputs: [operand] });
  }

  private block({ parameter, block }: { parameter: string; block: string }): {
    parameter: number;
    block: number;
  } {
    const index = this.parameters.findIndex(({ name }) => name === parameter);
    const column = index < 0 ? -1 : this.parameters[index].blocks.indexOf(block);
    if (column < 0) throw this.error(`it uses '${parameter}.${block}', which the cell does not declare`);
    return { parameter: index, block: column };
  }

  private error(message: string): TypeError {
    return new TypeError(`Cell '${this.cell.name}', equation '${this.equation}': ${message}.`);
  }
}

/** Whether a row can be the value of a row of `width` numbers. */
const fits = ({ length }: Row, width: number): boolean =>
  length === width || length === 'any' || length === 1;
