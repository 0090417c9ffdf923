/** Trees to steps: the operations of the equations, with the unknown names as matrices and vectors. */
import { type ActivationSetting, activation } from '../equations/activations.js';
import { isDeviceNumber } from '../equations/check-definition.js';
import type { OperationName } from '../equations/operations.js';
import { operations } from '../equations/operations.js';
import { CellTextError } from './error.js';
import { type FunctionWord, functionOf, functionWords, toRow } from './functions.js';
import { PREVIOUS_INPUT, type Resolved } from './resolve.js';
import { type Comparison, keyOf, type Place, type Range, type Sign, type Tree } from './syntax.js';
import { findForms, type Unknown, type Unknowns } from './unknowns.js';

/** The index of a step. */
export type StepId = number;

/** One operation; its operands are steps before it. */
export type Step = { readonly place: Place } & (
  | { readonly kind: 'input' }
  | { readonly kind: 'previous'; readonly state: string }
  | { readonly kind: 'vector'; readonly unknown: Unknown }
  | { readonly kind: 'number'; readonly value: number }
  | { readonly kind: 'zeros'; readonly length: number }
  | { readonly kind: 'operation'; readonly name: OperationName; readonly inputs: readonly StepId[] }
  | {
      readonly kind: 'call';
      readonly call: FunctionWord;
      readonly inputs: readonly StepId[];
      readonly numbers: readonly number[];
      readonly parts: number;
    }
  | {
      readonly kind: 'product';
      readonly unknown: Unknown;
      readonly operand: StepId;
      readonly rows: Range | null;
      readonly columns: Range | null;
    }
  | { readonly kind: 'concat'; readonly inputs: readonly StepId[] }
  | { readonly kind: 'slice'; readonly operand: StepId; readonly range: Range }
);

export interface Elaborated {
  readonly steps: readonly Step[];
  /** The step that is the value of each equation, by its key, in the order of the equations in the text. */
  readonly results: ReadonlyMap<string, StepId>;
  readonly unknowns: readonly Unknown[];
}

/** @throws CellTextError for a matrix without a row, an unknown function, a number where a row is expected. */
export function elaborate(
  source: string,
  resolved: Resolved,
  unknowns: Unknowns,
  functions: ReadonlyMap<string, ActivationSetting>,
): Elaborated {
  findForms(source, resolved, unknowns);
  return new Elaborator(source, resolved, unknowns, functions).run();
}

const COMPARED: Readonly<Record<Comparison, { readonly name: OperationName; readonly swaps: boolean }>> = {
  '>': { name: 'greater', swaps: false },
  '<': { name: 'greater', swaps: true },
  '≥': { name: 'greaterEqual', swaps: false },
  '≤': { name: 'greaterEqual', swaps: true },
};

/** A factor: a matrix, or a value. */
type Factor = { readonly sign: Sign; readonly place: Place } & (
  | { readonly matrix: Unknown; readonly ranges: readonly (Range | null)[] }
  | { readonly matrix: undefined; readonly value: StepId }
);

class Elaborator {
  private readonly steps: Step[] = [];
  private readonly roots = new Map<number, StepId>();

  constructor(
    private readonly source: string,
    private readonly resolved: Resolved,
    private readonly unknowns: Unknowns,
    private readonly functions: ReadonlyMap<string, ActivationSetting>,
  ) {}

  run(): Elaborated {
    const { equations, order, states } = this.resolved;
    for (const equation of order) this.roots.set(equation, this.step(equations[equation].right));
    const results = new Map(equations.map(({ left }, i) => [keyOf(left), this.roots.get(i) as StepId]));
    if (states.includes(PREVIOUS_INPUT)) {
      results.set(PREVIOUS_INPUT, this.push({ kind: 'input', place: equations[0].left }));
    }
    return { steps: this.steps, results, unknowns: this.unknowns.all() };
  }

  private push(step: Step): StepId {
    return this.steps.push(step) - 1;
  }

  private error({ start, end }: Place, message: string): CellTextError {
    return new CellTextError(this.source, start, end, message);
  }

  private step(tree: Tree): StepId {
    const place = { start: tree.start, end: tree.end };
    switch (tree.kind) {
      case 'number':
        return this.push({ kind: 'number', value: tree.value, place });
      case 'name': {
        const meaning = this.resolved.meaningOf(tree);
        if (meaning.kind === 'equation') return this.roots.get(meaning.equation) as StepId;
        if (meaning.kind === 'input') return this.push({ kind: 'input', place });
        if (meaning.kind === 'previous') return this.push({ kind: 'previous', state: meaning.state, place });
        const unknown = this.unknowns.of(tree);
        if (unknown.form === 'vector') return this.push({ kind: 'vector', unknown, place });
        throw this.error(
          tree,
          `the matrix '${keyOf(tree)}' multiplies no row here, expected one behind it, as in ${keyOf(tree)} x_t.`,
        );
      }
      case 'sum':
        return this.sum(tree);
      case 'product':
        return this.product(tree);
      case 'call':
        return this.call(tree);
      case 'list':
        return this.push({
          kind: 'concat',
          inputs: tree.items.map((item) => this.row(item, 'a part of [ ]')),
          place,
        });
      case 'compare': {
        const { name, swaps } = COMPARED[tree.sign];
        const inputs = [this.step(tree.left), this.step(tree.right)];
        return this.operation(name, swaps ? inputs.reverse() : inputs, place);
      }
      case 'index': {
        const [range, columns] = tree.ranges;
        if (range && columns === undefined) {
          return this.push({ kind: 'slice', operand: this.row(tree.tree, 'what has a range'), range, place });
        }
        throw this.error(tree, 'expected one range such as [0:3] behind a row.');
      }
    }
  }

  /** A row, not a number. */
  private row(tree: Tree, what: string): StepId {
    const id = this.step(tree);
    if (this.steps[id].kind !== 'number') return id;
    throw this.error(tree, `${what} must be a row, but is a number.`);
  }

  private operation(name: OperationName, inputs: readonly StepId[], place: Place): StepId {
    const values = inputs.map((id) => this.numberOf(id));
    if (values.some((value) => value === undefined))
      return this.push({ kind: 'operation', name, inputs, place });
    const value = operations[name].evaluate(...(values as number[]));
    if (isDeviceNumber(value)) return this.push({ kind: 'number', value, place });
    throw this.error(place, `'${name}' of numbers gives ${value}, which is not finite as float32.`);
  }

  private numberOf(id: StepId): number | undefined {
    const step = this.steps[id];
    return step.kind === 'number' ? step.value : undefined;
  }

  private sum(tree: Extract<Tree, { kind: 'sum' }>): StepId {
    let total: StepId | undefined;
    for (const { minus, tree: term } of tree.terms) {
      const value = this.step(term);
      const place = { start: tree.start, end: term.end };
      if (total === undefined) total = minus ? this.operation('neg', [value], place) : value;
      else if (minus && this.numberOf(total) === 1) total = this.operation('oneMinus', [value], place);
      else total = this.operation(minus ? 'sub' : 'add', [total, value], place);
    }
    return total as StepId;
  }

  private product(tree: Extract<Tree, { kind: 'product' }>): StepId {
    const factors = tree.factors.flatMap((factor) => this.factors(factor));
    const firstOfEnd = factors.findLastIndex(({ matrix }) => matrix === undefined) + 1;
    if (firstOfEnd === 0) {
      throw this.error(
        tree,
        "found only names that no equation defines, expected a row that they multiply. The input is called x; another name is declared by 'input: u'.",
      );
    }
    // Each matrix multiplies what stands behind it.
    const values: { sign: Sign; value: StepId }[] = [];
    for (const factor of factors.slice(0, firstOfEnd).reverse()) {
      if (factor.matrix === undefined) values.unshift({ sign: factor.sign, value: factor.value });
      else {
        const [operand] = values;
        this.checkSign(factor, operand.sign);
        values[0] = { sign: factor.sign, value: this.matrixProduct(factor, operand.value) };
      }
    }
    // At the end a matrix multiplies the row before it: `x_t W`.
    for (const factor of factors.slice(firstOfEnd)) {
      if (factor.matrix === undefined) continue;
      this.checkSign(factor, factor.sign);
      const last = values[values.length - 1];
      values[values.length - 1] = { sign: last.sign, value: this.matrixProduct(factor, last.value) };
    }
    const [first, ...others] = values;
    return others.reduce(
      (left, { sign, value }) => this.operation(sign === '/' ? 'div' : 'mul', [left, value], tree),
      first.value,
    );
  }

  private checkSign({ matrix, place }: Factor, sign: Sign): void {
    if (sign !== '⊙' && sign !== '/') return;
    throw this.error(
      place,
      `the matrix '${matrix?.key}' is used with '${sign}', expected a row, or · for a matrix product.`,
    );
  }

  /** The factors of a factor: neighbours that are matrices alone belong to the factors around them. */
  private factors({ sign, tree }: { readonly sign: Sign; readonly tree: Tree }): Factor[] {
    const matrix = this.unknowns.matrixOf(tree);
    if (matrix) return [{ sign, place: tree, ...matrix }];
    if (tree.kind === 'product') {
      const inner = tree.factors.map((factor) => ({ factor, matrix: this.unknowns.matrixOf(factor.tree) }));
      if (inner.every((each) => each.matrix !== undefined)) {
        return tree.factors.flatMap((factor, i) =>
          this.factors({ sign: i === 0 ? sign : factor.sign, tree: factor.tree }),
        );
      }
    }
    return [{ sign, place: tree, matrix: undefined, value: this.step(tree) }];
  }

  private matrixProduct(factor: Factor, operand: StepId): StepId {
    const { matrix, place } = factor;
    if (matrix === undefined) return operand;
    if (this.numberOf(operand) !== undefined) {
      throw this.error(place, `the matrix '${matrix.key}' multiplies a number, expected a row.`);
    }
    const [rows = null, columns = null] = factor.ranges;
    return this.push({
      kind: 'product',
      unknown: matrix,
      operand,
      rows,
      columns,
      place: { start: place.start, end: place.end },
    });
  }

  private call(tree: Extract<Tree, { kind: 'call' }>): StepId {
    const { word, operands } = tree;
    const place = { start: tree.start, end: tree.end };
    const custom = this.functions.get(word);
    if (custom !== undefined) {
      if (operands.length !== 1)
        throw this.error(tree, `'${word}' takes 1 operand, but is given ${operands.length}.`);
      const apply = activation(custom);
      const call: FunctionWord = { ...SAME, apply: ([row]) => apply(toRow(row)) };
      return this.push({
        kind: 'call',
        call,
        inputs: [this.step(operands[0])],
        numbers: [],
        parts: 1,
        place,
      });
    }
    const found = functionOf(word, operands.length, tree.parts !== undefined);
    if (!found) throw this.error(tree, `unknown function '${word}'. Known: ${functionWords().join(', ')}.`);
    const inputs = operands.slice(0, found.operands).map((operand) => this.step(operand));
    const rest = operands.slice(found.operands).map((operand) => {
      const value = this.numberOf(this.step(operand));
      if (value !== undefined) return value;
      throw this.error(
        operand,
        `expected a number here, the ${found.hasParts ? 'number of parts' : 'parameter'} of '${word}'.`,
      );
    });
    const parts = tree.parts ?? (found.hasParts ? (rest[0] ?? 1) : 1);
    if (!(Number.isInteger(parts) && parts >= 1 && parts <= 1e6)) {
      throw this.error(tree, `'${word}' takes a whole number of parts of at least 1, but is given ${parts}.`);
    }
    if (found.hasParts && this.numberOf(inputs[0]) !== undefined) {
      if (word === 'repeat' && this.numberOf(inputs[0]) === 0)
        return this.push({ kind: 'zeros', length: parts, place });
      throw this.error(operands[0], `'${word}' takes a row, but is given a number.`);
    }
    const name = word === 'where' ? 'select' : word;
    if (Object.hasOwn(operations, name) && !found.hasParts)
      return this.operation(name as OperationName, inputs, place);
    return this.push({
      kind: 'call',
      call: found,
      inputs,
      numbers: found.hasParts ? [] : rest,
      parts,
      place,
    });
  }
}

const SAME = {
  operands: 1,
  numbers: 0,
  hasParts: false,
  needsParts: false,
  width: () => ({ kind: 'elements' }) as const,
};
