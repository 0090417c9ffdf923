import { Expression, type Term } from './expression.js';

/** The operands of an expression. */
export function operandsOf({ term }: Expression): readonly Expression[] {
  if ('inputs' in term) return term.inputs;
  if (term.kind === 'spread') return [term.operand, term.like];
  return 'operand' in term ? [term.operand] : [];
}

/**
 * Visits an expression and its operands once, operands first, from left to right. It does not recurse: equations may be
 * thousands of operations deep.
 * @param visited the visited expressions; `visit` must add its own.
 */
export function visitInOrder(
  expression: Expression,
  visited: { has(expression: Expression): boolean },
  visit: (expression: Expression) => void,
): void {
  const waiting = [{ expression, operands: operandsOf(expression), next: 0 }];
  for (let top = waiting.at(-1); top !== undefined; top = waiting.at(-1)) {
    const operand = top.operands[top.next++];
    if (operand === undefined) {
      if (!visited.has(top.expression)) visit(top.expression);
      waiting.pop();
    } else if (!visited.has(operand)) {
      waiting.push({ expression: operand, operands: operandsOf(operand), next: 0 });
    }
  }
}

/** What stands for the leaves of a cell's equations where it is a part of another cell. */
export interface Placement {
  readonly input: Expression;
  state(name: string): Expression;
  /** The name of the cell's parameter in the other cell. */
  parameter(name: string): string;
}

/** The leaves of a cell's equations as a part of another cell, for `replaceLeaves`. */
export const placedLeaves =
  ({ input, state, parameter }: Placement) =>
  (term: Term): Expression | Term => {
    if (term.kind === 'input') return input;
    if (term.kind === 'state') return state(term.state);
    if (term.kind !== 'vector' && term.kind !== 'product') return term;
    return { ...term, block: { ...term.block, parameter: parameter(term.block.parameter) } };
  };

/**
 * The same expression with other leaves.
 * @param replace what takes the place of a term without operands, or the new term of a product, whose operand is replaced.
 * @param replaced the replaced expressions, which several calls may share.
 */
export function replaceLeaves(
  expression: Expression,
  replace: (term: Term) => Expression | Term,
  replaced = new Map<Expression, Expression>(),
): Expression {
  const of = (operand: Expression) => replaced.get(operand) as Expression;
  visitInOrder(expression, replaced, (next) => {
    const given = replace(next.term);
    if (given instanceof Expression) replaced.set(next, given);
    else if ('inputs' in given)
      replaced.set(next, new Expression({ ...given, inputs: given.inputs.map(of) }));
    else if (given.kind === 'spread')
      replaced.set(next, new Expression({ ...given, operand: of(given.operand), like: of(given.like) }));
    else if ('operand' in given) replaced.set(next, new Expression({ ...given, operand: of(given.operand) }));
    else replaced.set(next, new Expression(given));
  });
  return of(expression);
}
