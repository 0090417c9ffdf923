import { cellFromLatex, cellFromText, explain, latex, type Plan, planFor } from '@sluice/core';
import { describe, expect, test } from 'vitest';
import { testTier } from '../../../scripts/tier.mjs';
import { catalogueVariants } from '../src/cells/catalogue.js';
import { type Variant, variants } from '../src/cells/index.js';

/** Unequal and equal sizes: some cells have other equations where they are equal. */
const SIZES = [
  { inputSize: 3, units: 4 },
  { inputSize: 6, units: 6 },
];

const NOTATIONS = [
  ['explain', explain, cellFromText, 0],
  ['latex', latex, cellFromLatex, 1],
] as const;

/** In the quick tier one notation has the cells at even places and the other those at odd ones, and each cell one size. */
const isFull = testTier() === 'full';
const sampleOf = (all: readonly Variant[], parity: number) =>
  all
    .map(({ name, cell }, i) => ({ name, cell, sizes: isFull ? SIZES : [SIZES[(i >> 1) % 2]], i }))
    .filter(({ i }) => isFull || i % 2 === parity);

/**
 * What a plan computes, without the numbers of its nodes: each value by its operation and operands. The operands of sums and
 * products have no order; a plan orders them by the numbers of the nodes.
 */
function meaningOf(plan: Plan, known: Map<string, number>) {
  const meanings: number[] = [];
  const of = (id: number) => meanings[id];
  for (const node of plan.nodes) {
    const inputs = 'inputs' in node ? node.inputs.map(of) : undefined;
    if (node.kind === 'operation' && (node.name === 'add' || node.name === 'mul'))
      inputs?.sort((a, b) => a - b);
    const operand = 'operand' in node ? of(node.operand) : undefined;
    const text = JSON.stringify(
      Object.entries({ ...node, inputs, operand }).sort(([a], [b]) => (a < b ? -1 : 1)),
    );
    if (!known.has(text)) known.set(text, known.size);
    meanings.push(known.get(text) as number);
  }
  const { states, stateWidths, outputWidth, parameters, cell } = plan;
  return {
    ...{ states, stateWidths, outputWidth, parameters, name: cell.name, source: cell.source },
    names: Object.fromEntries(Object.entries(plan.names).map(([name, id]) => [name, of(id)])),
    newStates: plan.newStates.map(of),
    output: of(plan.output),
    products: plan.products.map(({ results, operand, ...product }) => ({
      ...product,
      results: results.map(of),
      operand:
        operand.kind === 'value' ? { ...operand, index: of(plan.operandValues[operand.index]) } : operand,
    })),
  };
}

describe.each(NOTATIONS)('what %s prints is read back', (_, print, read, parity) => {
  test.each(sampleOf(variants, parity))('$name', ({ cell, sizes: all }) => {
    for (const sizes of all) {
      const known = new Map<string, number>();
      const again = read(print(cell, sizes, { declarations: true }));
      expect(meaningOf(planFor(again, sizes), known)).toEqual(meaningOf(planFor(cell, sizes), known));
    }
  });

  // For parameters in another order, and with fewer digits.
  test.each(sampleOf(catalogueVariants, parity))('$name, without declarations', ({ cell, sizes: all }) => {
    for (const sizes of all) {
      const { states, nodes } = planFor(read(print(cell, sizes)), sizes);
      expect(states).toHaveLength(cell.states.length);
      const products = (all: Plan['nodes']) => all.filter(({ kind }) => kind === 'product').length;
      expect(products(nodes)).toBe(products(planFor(cell, sizes).nodes));
    }
  });
});
