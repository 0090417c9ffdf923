import type { Expression } from '../equations/expression.js';

/** The expressions that an expression is computed from. */
function operandsOf({ term }: Expression): readonly Expression[] {
  if (term.kind === 'operation') return term.inputs;
  return term.kind === 'product' ? [term.operand] : [];
}

/**
 * Visits an expression and all it is computed from, operands first and from left to right, each once.
 * @param visited the expressions that were visited before; `visit` must add its own.
 */
export function inOrder(
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
