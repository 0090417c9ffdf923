/** The lengths of all rows, from the operations between them. */
import type { Elaborated, Step, StepId } from './elaborate.js';
import type { Resolved } from './resolve.js';
import { PREVIOUS_INPUT } from './resolve.js';
import { combineLengths, constantLength, INPUT_SIZE, isOne, type Length, UNITS } from './sizes.js';
import type { Unknown } from './unknowns.js';

/** A length that may not be known yet. Several that must be equal share one. */
class Variable {
  private parent: Variable | undefined;
  private bound: Length | undefined;

  private root(): Variable {
    let root: Variable = this;
    while (root.parent) root = root.parent;
    // The next search is short.
    for (let next: Variable = this; next.parent; ) [next.parent, next] = [root, next.parent];
    return root;
  }

  get length(): Length | undefined {
    return this.root().bound;
  }

  /** @returns whether it was unknown before. */
  bind(length: Length): boolean {
    const root = this.root();
    if (root.bound) return false;
    root.bound = length;
    return true;
  }

  /** Makes both the same. If both are known and differ, both stay: the plan names the equation for its sizes. */
  unify(other: Variable): void {
    const [a, b] = [this.root(), other.root()];
    if (a === b || (a.bound && b.bound)) return;
    const [child, root] = a.bound ? [b, a] : [a, b];
    child.parent = root;
  }
}

export interface Lengths {
  state(name: string): Length;
  columns(unknown: Unknown): Length;
  rows(unknown: Unknown): Length;
}

export interface DeclaredLengths {
  /** Of states and other equations. */
  readonly ofEquations: ReadonlyMap<string, Length>;
  rows(unknown: Unknown): Length | undefined;
  columns(unknown: Unknown): Length | undefined;
}

/** How often relations between several lengths are looked at again; then what is unknown is units long. */
const PASSES = 30;

/**
 * Finds the lengths of states, matrices and vectors. What nothing determines is `units` long: first the states, then the
 * results of matrices.
 */
export function findLengths(resolved: Resolved, elaborated: Elaborated, declared: DeclaredLengths): Lengths {
  return new LengthFinder(resolved, elaborated, declared).find();
}

class LengthFinder {
  private readonly rowsOf = new Map<Unknown, Variable>();
  private readonly columnsOf = new Map<Unknown, Variable>();
  private readonly states: Map<string, Variable>;
  private readonly steps: (Variable | undefined)[] = [];
  /** Relations that are no equalities; each returns whether it found a length. */
  private relations: (() => 'waits' | 'found' | 'done')[] = [];

  constructor(
    resolved: Resolved,
    private readonly elaborated: Elaborated,
    private readonly declared: DeclaredLengths,
  ) {
    this.states = new Map(resolved.states.map((state) => [state, new Variable()]));
    this.states.get(PREVIOUS_INPUT)?.bind(INPUT_SIZE);
    for (const unknown of elaborated.unknowns) {
      const [rows, columns] = [new Variable(), new Variable()];
      const [givenRows, givenColumns] = [declared.rows(unknown), declared.columns(unknown)];
      if (givenRows) rows.bind(givenRows);
      if (givenColumns) columns.bind(givenColumns);
      this.rowsOf.set(unknown, rows);
      this.columnsOf.set(unknown, columns);
    }
  }

  find(): Lengths {
    const { elaborated, declared, states } = this;
    for (const [key, length] of declared.ofEquations) states.get(key)?.bind(length);
    elaborated.steps.forEach((step, id) => {
      this.steps[id] = this.lengthOf(step);
    });
    for (const [key, id] of elaborated.results) {
      const length = declared.ofEquations.get(key);
      const value = this.steps[id];
      if (length) value?.bind(length);
      const state = states.get(key);
      if (state && value && !(isOne(value.length) && state.length)) state.unify(value);
    }
    this.settle();
    // One state after the other: the first may determine the next. One that is put together from rows has the sum of theirs.
    const isSum = (key: string) => elaborated.steps[elaborated.results.get(key) as StepId].kind === 'concat';
    [...states].forEach(([key, state], i) => {
      if (!isSum(key) && state.bind(UNITS) && i < PASSES) this.settle();
    });
    this.settle();
    for (const columns of this.columnsOf.values()) columns.bind(UNITS);
    this.settle();
    const known = (variable: Variable | undefined) => variable?.length ?? UNITS;
    return {
      state: (name) => known(states.get(name)),
      columns: (unknown) => known(this.columnsOf.get(unknown)),
      rows: (unknown) => known(this.rowsOf.get(unknown)),
    };
  }

  private settle(): void {
    for (let pass = 0; pass < PASSES; pass++) {
      let hasFound = false;
      this.relations = this.relations.filter((relation) => {
        const result = relation();
        if (result === 'found') hasFound = true;
        return result === 'waits';
      });
      if (!hasFound) return;
    }
  }

  private of(id: StepId): Variable | undefined {
    return this.steps[id];
  }

  /** The length of a step's row; a number has none. */
  private lengthOf(step: Step): Variable | undefined {
    const result = new Variable();
    switch (step.kind) {
      case 'input':
        result.bind(INPUT_SIZE);
        return result;
      case 'previous':
        return this.states.get(step.state);
      case 'vector':
        return this.columnsOf.get(step.unknown);
      case 'number':
        return undefined;
      case 'zeros':
        result.bind(constantLength(step.length));
        return result;
      case 'slice':
        result.bind(constantLength(step.range[1] - step.range[0]));
        return result;
      case 'operation':
        return this.elements(step.inputs);
      case 'call': {
        const rule = step.call.width(step.parts);
        const operand = this.of(step.inputs[0]);
        if (rule.kind === 'elements' || !operand) return this.elements(step.inputs);
        this.linear(result, rule.factor, operand, rule.offset);
        return result;
      }
      case 'concat': {
        const parts = step.inputs.flatMap((input) => this.of(input) ?? []);
        this.relations.push(() => sumRelation(result, parts));
        this.relations.at(-1)?.();
        return result;
      }
      case 'product': {
        const { unknown, rows, columns } = step;
        const rowsOf = this.rowsOf.get(unknown) as Variable;
        if (rows) rowsOf.bind(constantLength(largestEnd(this.elaborated.steps, unknown, 'rows')));
        else this.of(step.operand)?.unify(rowsOf);
        if (!columns) return this.columnsOf.get(unknown);
        this.columnsOf
          .get(unknown)
          ?.bind(constantLength(largestEnd(this.elaborated.steps, unknown, 'columns')));
        result.bind(constantLength(columns[1] - columns[0]));
        return result;
      }
    }
  }

  /** Rows that are combined number by number are equally long; a row of one number stands for any. */
  private elements(inputs: readonly StepId[]): Variable | undefined {
    const all = inputs.flatMap((input) => this.of(input) ?? []);
    const long = all.filter((variable) => !isOne(variable.length));
    const [first, ...others] = long.length > 0 ? long : all;
    for (const other of others) first.unify(other);
    return first;
  }

  private linear(result: Variable, factor: number, operand: Variable, offset: number): void {
    const relation = () => {
      if (operand.length) {
        return result.bind(combineLengths(constantLength(offset), operand.length, factor)) ? 'found' : 'done';
      }
      if (factor === 0) {
        result.bind(constantLength(offset));
        return 'done';
      }
      if (!result.length) return 'waits';
      const rest = combineLengths(result.length, constantLength(offset), -1);
      operand.bind(combineLengths(constantLength(0), rest, 1 / factor));
      return 'found';
    };
    if (relation() === 'waits') this.relations.push(relation);
  }
}

/** The length of a row is the sum of those of its parts: one unknown length follows from the others. */
function sumRelation(result: Variable, parts: readonly Variable[]): 'waits' | 'found' | 'done' {
  const unknown = parts.filter((part) => !part.length);
  const sum = parts.reduce(
    (total, part) => combineLengths(total, part.length ?? constantLength(0)),
    constantLength(0),
  );
  if (unknown.length === 0) return result.bind(sum) ? 'found' : 'done';
  if (unknown.length > 1 || !result.length) return 'waits';
  unknown[0].bind(combineLengths(result.length, sum, -1));
  return 'found';
}

/** The number of rows or columns of a matrix of which only parts are used. */
function largestEnd(steps: readonly Step[], unknown: Unknown, axis: 'rows' | 'columns'): number {
  let largest = 0;
  for (const step of steps) {
    if (step.kind === 'product' && step.unknown === unknown)
      largest = Math.max(largest, step[axis]?.[1] ?? 0);
  }
  return largest;
}
