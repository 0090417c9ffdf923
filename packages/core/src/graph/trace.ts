import { isDeviceNumber } from '../equations/check-definition.js';
import type { Cell } from '../equations/define-cell.js';
import type { Expression } from '../equations/expression.js';
import type { NodeId, OperationName } from '../equations/operations.js';
import { matrixRows, type ParameterShape, type Sizes } from '../equations/parameters.js';
import { GraphBuilder } from './graph.js';

export interface TraceOptions {
  /** Multiply the operand of every product with a recurrent kernel by a mask of its own (variational dropout). */
  readonly recurrentDropout?: boolean;
}

/** The block of a recurrent kernel whose operand a recurrent mask multiplies. */
export interface RecurrentMask {
  readonly parameter: string;
  readonly block: string;
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
  const names: Record<string, NodeId> = {};
  for (const [equation, expression] of Object.entries(results)) {
    names[equation] = tracer.result(equation, expression);
  }
  const states = cell.states.map((state) => names[state]);
  const output = names.output ?? states[0];
  const { builder, parameters, recurrentMasks } = tracer;
  return { builder, parameters, names, states, output, recurrentMasks };
}

/** A traced row: its node and its length; a number fits every length. */
interface Row {
  readonly id: NodeId;
  readonly length: number | 'any';
}

class Tracer {
  readonly builder = new GraphBuilder();
  readonly parameters: ParameterShape[];
  readonly recurrentMasks: RecurrentMask[] = [];
  private readonly rows = new Map<Expression, Row>();
  private equation = '';

  constructor(
    private readonly cell: Cell,
    private readonly sizes: Sizes,
    private readonly options: TraceOptions,
  ) {
    this.parameters = cell.parameters(sizes);
  }

  /** Traces one named result, which must be a row of `units`. */
  result(equation: string, expression: Expression): NodeId {
    this.equation = equation;
    const row = this.row(expression);
    if (row.length === this.sizes.units || row.length === 'any') return row.id;
    const isState = this.cell.states.includes(equation) || equation === 'output';
    if (!isState) return row.id;
    throw this.error(`the result has shape [${row.length}], but must have [${this.sizes.units}] (units)`);
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
    const { builder, sizes } = this;
    switch (term.kind) {
      case 'input':
        return { id: builder.intern({ kind: 'input' }), length: sizes.inputSize };
      case 'state': {
        const state = this.cell.states.indexOf(term.state);
        if (state < 0) throw this.error(`it uses the state '${term.state}' of another cell`);
        return { id: builder.intern({ kind: 'state', state }), length: sizes.units };
      }
      case 'constant':
        return { id: this.finite(builder.constant(term.value)), length: 'any' };
      case 'vector': {
        const { parameter, block } = this.block(term.block);
        return { id: builder.intern({ kind: 'vector', parameter, block }), length: sizes.units };
      }
      case 'product':
        return this.product(term);
      case 'operation': {
        const inputs = term.inputs.map((input) => this.traced(input));
        const lengths = [...new Set(inputs.map(({ length }) => length).filter((length) => length !== 'any'))];
        if (lengths.length > 1) {
          const shapes = lengths.map((length) => `[${length}]`).join(' and ');
          throw this.error(`the operands of '${term.name}' have shapes ${shapes}, but must have the same`);
        }
        const id = this.finite(builder.apply(term.name, ...inputs.map(({ id }) => id)), term.name);
        return { id, length: lengths[0] ?? 'any' };
      }
    }
  }

  /** Refuses a constant that is not finite in float32. */
  private finite(id: NodeId, operation?: OperationName): NodeId {
    const node = this.builder.nodes[id];
    if (node.kind !== 'constant' || isDeviceNumber(node.value)) return id;
    const what = operation ? `'${operation}' of numbers gives` : 'it has the number';
    throw this.error(`${what} ${node.value}, which is not finite as float32`);
  }

  private product(term: { block: { parameter: string; block: string }; operand: Expression }): Row {
    const { parameter, block } = this.block(term.block);
    const shape = this.parameters[parameter];
    const label = `${shape.symbol}_${shape.blocks[block]}`;
    const rows = matrixRows(shape.role, this.sizes);
    const operand = this.traced(term.operand);
    if (operand.length !== rows) {
      const given = operand.length === 'any' ? 'a number' : `shape [${operand.length}]`;
      throw this.error(
        `${label} has shape [${rows}, ${this.sizes.units}] and multiplies rows of shape [${rows}], but was given ${given}`,
      );
    }
    if (operand.length !== this.sizes.units && this.builder.nodes[operand.id].kind !== 'input') {
      throw this.error(
        `${label} multiplies a row of shape [${operand.length}] computed from x, but operations work on rows of shape [${this.sizes.units}] (units); multiply x itself`,
      );
    }
    const masked = this.masked(operand.id, term.block, shape);
    return {
      id: this.builder.intern({ kind: 'product', parameter, block, operand: masked }),
      length: this.sizes.units,
    };
  }

  private masked(operand: NodeId, reference: RecurrentMask, { role }: ParameterShape): NodeId {
    if (!this.options.recurrentDropout || role !== 'recurrentKernel') return this.materialised(operand);
    const same = ({ parameter, block }: RecurrentMask) =>
      parameter === reference.parameter && block === reference.block;
    let index = this.recurrentMasks.findIndex(same);
    if (index < 0) index = this.recurrentMasks.push(reference) - 1;
    return this.builder.apply('mul', operand, this.builder.intern({ kind: 'recurrentMask', index }));
  }

  /** Products read the input, a state or the result of an operation; anything else becomes one. */
  private materialised(operand: NodeId): NodeId {
    const { kind } = this.builder.nodes[operand];
    if (kind === 'input' || kind === 'state' || kind === 'operation') return operand;
    return this.builder.intern({ kind: 'operation', name: 'identity', inputs: [operand] });
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

/** The operands of an expression. */
function operandsOf({ term }: Expression): readonly Expression[] {
  if (term.kind === 'operation') return term.inputs;
  return term.kind === 'product' ? [term.operand] : [];
}

/**
 * Visits an expression and its operands once, operands first, from left to right.
 * @param visited the visited expressions; `visit` must add its own.
 */
export function visitInOrder(
  expression: Expression,
  visited: { has(expression: Expression): boolean },
  visit: (expression: Expression) => void,
): void {
  const waiting = [expression];
  for (let top = waiting.at(-1); top !== undefined; top = waiting.at(-1)) {
    const operand = operandsOf(top).find((candidate) => !visited.has(candidate));
    if (operand !== undefined) {
      waiting.push(operand);
      continue;
    }
    if (!visited.has(top)) visit(top);
    waiting.pop();
  }
}
