import type { NodeId } from '../equations/operations.js';
import { type Node, operandsOf, type ProductMatrix, reachable } from '../graph/graph.js';
import type { Plan } from '../plan/plan.js';
import { remember } from '../remember.js';
import { Binding, type Notation } from './notation.js';
import { blockDiagonalProduct, rowFunctionOf } from './row-functions.js';

/** An equation: the name of a result and what it is. */
export interface Equation {
  readonly id: NodeId;
  readonly name: string;
  readonly left: string;
  readonly right: string;
}

/**
 * The equations of a plan in a notation, in an order in which every name is defined before it is used. A second name of a value,
 * such as `output`, is an equation too.
 */
export function writeEquations(plan: Plan, notation: Notation): Equation[] {
  const equations = new EquationWriter(plan, notation).equations();
  const nameOf = new Map(equations.map(({ id, name }) => [id, name]));
  const others = Object.entries(plan.names).filter(([name, id]) => nameOf.get(id) !== name);
  return [
    ...equations,
    ...others.map(([name, id]) => {
      return { id, name, left: notation.result(name), right: notation.result(nameOf.get(id) as string) };
    }),
  ];
}

/** One value of a plan in a notation, with brackets where it is a sum or a product. */
export const writeOperand = (plan: Plan, notation: Notation, id: NodeId): string =>
  writerOf(plan, notation).operand(id);

/** The part of a matrix parameter by which a product multiplies: `U_z`, `U_z[0:4]`. */
export const writeMatrix = (plan: Plan, notation: Notation, id: NodeId): string =>
  writerOf(plan, notation).matrixOf(id);

const once = /* @__PURE__ */ remember<Plan, EquationWriter, Notation>();

/** One writer for all values of a plan: to make one takes a walk through the plan. */
const writerOf = (plan: Plan, notation: Notation): EquationWriter =>
  once(plan, notation, () => new EquationWriter(plan, notation));

/** How many operations one equation nests, and how many values it writes. */
const DEEPEST = 50;
const LONGEST = 300;

export interface WriterOptions {
  /** Values that are computed elsewhere, by what is written for them. */
  readonly known?: ReadonlyMap<NodeId, string>;
  /** Values that get an equation of their own. */
  readonly parts?: ReadonlySet<NodeId>;
}

/** Writes the values of a plan. Those with a name are written by their name. */
export class EquationWriter {
  /** Results that later equations refer to by name; a result that is an input or a state needs no name. */
  private readonly named = new Map<NodeId, string>();

  constructor(
    private readonly plan: Plan,
    private readonly notation: Notation,
    private readonly options: WriterOptions = {},
  ) {
    for (const [name, id] of Object.entries(plan.names)) {
      const isState = plan.states.includes(name);
      if (isState || !this.named.has(id)) this.named.set(id, name);
    }
    this.nameParts();
  }

  /** The equations, in an order in which every name is defined before it is used. */
  equations(): Equation[] {
    return [...this.named]
      .sort(([a], [b]) => a - b)
      .map(([id, name]) => {
        return { id, name, left: this.notation.result(name), right: this.write(id, Binding.Sign, true) };
      });
  }

  /** One value, with brackets where it is a sum or a product. */
  operand(id: NodeId): string {
    return this.write(id, Binding.Tight);
  }

  /** The matrix of a product. */
  matrixOf(product: NodeId): string {
    const node = this.plan.nodes[product];
    return node.kind === 'product' ? this.matrixPart(node) : '';
  }

  /**
   * Gives names to the parts in the options, and to parts of equations that are too long or nest too deeply to be read, or to
   * be written by recursion.
   */
  private nameParts(): void {
    const { nodes, newStates, output, names } = this.plan;
    const written = new Map<NodeId, { depth: number; length: number }>();
    let parts = 0;
    for (const id of reachable(nodes, [...newStates, output, ...Object.values(names)])) {
      const operands = operandsOf(nodes[id]).map(
        (operand) => written.get(operand) ?? { depth: 0, length: 1 },
      );
      const depth = 1 + Math.max(0, ...operands.map((operand) => operand.depth));
      const length = operands.reduce((sum, operand) => sum + operand.length, 1);
      const isLong = depth > DEEPEST || (length > LONGEST && operands.length > 0);
      if ((isLong || this.options.parts?.has(id)) && !this.named.has(id)) {
        while (Object.hasOwn(names, `part${++parts}`));
        this.named.set(id, `part${parts}`);
      }
      written.set(id, this.named.has(id) ? { depth: 0, length: 1 } : { depth, length });
    }
  }

  private write(id: NodeId, outer: Binding, defining = false): string {
    const { notation, plan } = this;
    const node = plan.nodes[id];
    const name = this.named.get(id);
    if (name !== undefined && !defining) return notation.result(name);
    const known = this.options.known?.get(id);
    if (known !== undefined) return known;
    switch (node.kind) {
      case 'input':
        return notation.input();
      case 'state':
        return notation.previousState(plan.states[node.state]);
      case 'vector':
        return this.parameter(node.parameter, node.block);
      case 'constant':
        return node.value < 0 && outer > Binding.Sign
          ? notation.bracket(notation.number(node.value))
          : notation.number(node.value);
      case 'recurrentMask':
        return notation.recurrentMask(plan.recurrentMasks[node.index].block);
      case 'product':
        return notation.product(this.matrixPart(node), this.write(node.operand, Binding.Tight));
      case 'rowOperation': {
        const { name: operation, operand, parts } = node;
        const row = this.write(operand, Binding.Sign);
        return notation.rowOperation(operation, row, parts, plan.widths[operand], operand);
      }
      case 'slice':
        return notation.slice(this.whole(node.operand), [node.start, node.start + node.width]);
      case 'concat':
        return this.concat(node);
      case 'operation':
        return this.operation(id, node, outer);
      default:
        throw new Error(`${node.kind} is not part of a cell's equations`);
    }
  }

  private operation(id: NodeId, node: Extract<Node, { kind: 'operation' }>, outer: Binding): string {
    const { notation, plan } = this;
    const { name: operation, inputs } = node;
    const rowFunction = notation.rowFunction && rowFunctionOf(plan, id);
    if (notation.rowFunction && rowFunction) {
      const { name, row, parts } = rowFunction;
      return notation.rowFunction(name, this.write(row, Binding.Sign), parts);
    }
    const wrap = (inner: string, binding: Binding) => (binding < outer ? notation.bracket(inner) : inner);
    if (operation === 'identity') return this.write(inputs[0], outer);
    if (operation === 'neg') {
      return wrap(`${notation.minus}${this.write(inputs[0], Binding.Product)}`, Binding.Sign);
    }
    if (operation === 'oneMinus') {
      const sign = notation.infix.sub?.sign ?? '-';
      return wrap(`1${sign}${this.write(inputs[0], Binding.Product)}`, Binding.Sum);
    }
    if (operation === 'div' && notation.quotient) {
      return notation.quotient(this.write(inputs[0], Binding.Sign), this.write(inputs[1], Binding.Sign));
    }
    const infix = notation.infix[operation];
    if (!infix) {
      const operands = inputs.map((input) => this.write(input, Binding.Sign));
      const areNumbers = inputs.map((input) => this.isNumber(input));
      return notation.call(operation, operands, areNumbers);
    }
    const { binding } = infix;
    // A number scales: it comes first and takes a sign of its own.
    const scale = operation === 'mul' ? this.scaleOf(inputs) : undefined;
    const isCommutative = operation === 'add' || operation === 'mul';
    // A sum of sums is written from left to right, so that it needs no brackets.
    const isRightNested = this.bindingOf(inputs[1]) === binding && this.bindingOf(inputs[0]) > binding;
    const swaps = scale === undefined ? isCommutative && isRightNested : scale === inputs[1];
    const [first, second] = swaps ? [inputs[1], inputs[0]] : inputs;
    // Only at the very beginning may a minus sign stand without brackets.
    const left = binding === Binding.Sum && outer === Binding.Sign ? Binding.Sign : binding;
    // On the right of its own kind an operation needs brackets: what stands without is computed from left to right.
    const right = binding + 1;
    const sign = scale === undefined ? infix.sign : notation.times;
    return wrap(`${this.write(first, left)}${sign}${this.write(second, right)}`, binding);
  }

  /** How tightly a value binds where it is written. */
  private bindingOf(id: NodeId): Binding {
    const node = this.plan.nodes[id];
    if (this.named.has(id) || this.options.known?.has(id) || node.kind !== 'operation') return Binding.Tight;
    if (node.name === 'identity') return this.bindingOf(node.inputs[0]);
    if (this.notation.rowFunction && rowFunctionOf(this.plan, id)) return Binding.Tight;
    if (node.name === 'neg') return Binding.Sign;
    if (node.name === 'oneMinus') return Binding.Sum;
    if (node.name === 'div' && this.notation.quotient) return Binding.Tight;
    return this.notation.infix[node.name]?.binding ?? Binding.Tight;
  }

  /** The operand of a product that is one number: a constant, or a row of one number beside a longer one. */
  private scaleOf(inputs: readonly NodeId[]): NodeId | undefined {
    const { widths } = this.plan;
    const longest = Math.max(...inputs.map((input) => widths[input]));
    return inputs.find((input) => this.isNumber(input)) ?? inputs.find((input) => widths[input] < longest);
  }

  private concat(node: Extract<Node, { kind: 'concat' }>): string {
    const { notation } = this;
    const { inputs } = node;
    const list = (ids: readonly NodeId[]) =>
      notation.concat(
        ids.map((input) => this.write(input, Binding.Sign)),
        ids,
      );
    const product = this.blockDiagonal(node);
    if (!product) return list(inputs);
    const { operands } = product;
    const operand = operands.length === 1 ? this.write(operands[0], Binding.Tight) : list(operands);
    return notation.product(this.parameter(product.parameter, product.block), operand);
  }

  /** A value in front of an index: in brackets, if it is more than a name. */
  private whole(id: NodeId): string {
    const isName = this.named.has(id) || this.options.known?.has(id);
    const node = this.plan.nodes[id];
    const inner = this.write(id, Binding.Sign);
    const isProduct = node.kind === 'product' || (node.kind === 'concat' && this.blockDiagonal(node));
    return isName || (node.kind !== 'operation' && !isProduct) ? inner : this.notation.bracket(inner);
  }

  /** The product of a block-diagonal matrix, where it is written as a product. */
  private blockDiagonal({ inputs }: Extract<Node, { kind: 'concat' }>) {
    return this.notation.rowFunction ? blockDiagonalProduct(this.plan, inputs) : undefined;
  }

  private matrixPart({ parameter, block, firstRow, rows, firstColumn, columns }: ProductMatrix): string {
    const matrix = this.parameter(parameter, block);
    const shape = this.plan.parameters[parameter];
    const isWhole = rows === shape.rows / shape.groups && columns === shape.width;
    if (isWhole) return matrix;
    const range = (start: number, count: number, all: number) =>
      count === all ? null : ([start, start + count] as const);
    const { groups } = shape;
    return this.notation.matrixPart(
      matrix,
      range(firstRow, rows, shape.rows / groups),
      range(firstColumn, columns, shape.width),
    );
  }

  private isNumber(id: NodeId): boolean {
    return this.plan.nodes[id].kind === 'constant';
  }

  private parameter(parameter: number, block: number): string {
    const { symbol, blocks } = this.plan.parameters[parameter];
    return this.notation.parameter(symbol, blocks[block], parameter);
  }
}
