import type { Expression } from '../equations/expression.js';
import { recurrentVector } from '../equations/parameters.js';
import { concat, normalize, split } from '../equations/rows.js';

/** Gains that start at 1. */
export const gains = <const Block extends string>(...blocks: Block[]) => ({
  ...recurrentVector(...blocks),
  symbol: 'γ',
  initial: Object.fromEntries(blocks.map((block) => [block, 1])) as Readonly<Partial<Record<Block, number>>>,
});

/** The pre-activations of several gates, normalised together and multiplied by their gains (Ba et al. 2016). */
export function normalizeTogether<Gate extends string>(
  rows: Readonly<Record<Gate, Expression>>,
  gain: Readonly<Record<NoInfer<Gate>, Expression>>,
): Record<Gate, Expression> {
  const gates = Object.keys(rows) as Gate[];
  const parts = split(normalize(concat(...gates.map((gate) => rows[gate]))), gates.length);
  return Object.fromEntries(gates.map((gate, i) => [gate, parts[i].mul(gain[gate])])) as Record<
    Gate,
    Expression
  >;
}
