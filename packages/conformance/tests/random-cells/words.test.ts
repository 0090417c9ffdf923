/** What random cells are made of. */
import * as core from '@sluice/core';
import { loopOf, operations, reachable, rowOperations } from '@sluice/core/backend';
import * as equations from '@sluice/core/equations';
import { describe, expect, test } from 'vitest';
import { randomCases } from '../../src/cases.js';
import { randomVariants } from '../../src/cells/random-equations.js';
import {
  type CellDescription,
  type Length,
  lengthOf,
  operandsOf,
  type Row,
} from '../../src/random-cells/description.js';
import { words } from '../../src/random-cells/draw-cell.js';

const all = randomVariants.map((variant, i) => {
  const { shape } = randomCases[i];
  return { shape, description: variant.describe(shape), plan: core.planFor(variant.cell, shape) };
});

/** The rows on which states and output depend. */
function usedRows({ rows, results, states }: CellDescription): Row[] {
  const used = new Set([...states.map(({ name }) => results[name]), results.output ?? 0]);
  for (let i = rows.length - 1; i >= 0; i--) {
    if (used.has(i)) for (const operand of operandsOf(rows[i])) used.add(operand);
  }
  return rows.filter((_, i) => used.has(i));
}

describe('random cells know the language', () => {
  test('every function of it', () => {
    const noWords = ['Expression', 'activation', 'activationAliases', 'activations', 'bias', 'kernel'];
    const others = [...noWords, 'projection', 'recurrentKernel', 'recurrentVector'];
    const functions = Object.keys(equations).filter((name) => !others.includes(name));
    expect(words.filter((word) => /^\w/.test(word)).sort()).toEqual(functions.sort());
  });

  test('every method of a row', () => {
    const methods = Object.getOwnPropertyNames(equations.Expression.prototype);
    const expected = methods.filter((name) => name !== 'constructor').map((name) => `.${name}`);
    expect(words.filter((word) => word.startsWith('.')).sort()).toEqual(expected.sort());
  });
});

describe('300 random cells have', () => {
  test('every word, where a result depends on it, in at least three cells', () => {
    const counts = new Map(words.map((word) => [word, 0]));
    for (const { description } of all) {
      const rows = usedRows(description);
      const met = new Set(rows.flatMap((row) => (row.kind === 'word' ? [row.word] : [])));
      for (const word of met) counts.set(word, (counts.get(word) ?? 0) + 1);
    }
    expect([...counts].filter(([, count]) => count < 3)).toEqual([]);
  });

  test('every operation in a forward pass', () => {
    const nodes = all.flatMap(({ plan }) =>
      reachable(plan.nodes, [...plan.newStates, plan.output]).map((id) => plan.nodes[id]),
    );
    const met = new Set(
      nodes.flatMap((node) => (node.kind === 'operation' || node.kind === 'rowOperation' ? [node.name] : [])),
    );
    const known = [...Object.keys(operations), ...Object.keys(rowOperations)];
    expect(known.filter((name) => !met.has(name as never))).toEqual([]);
    const kinds = ['input', 'state', 'vector', 'constant', 'product', 'slice', 'concat'];
    expect(kinds.filter((kind) => !nodes.some((node) => node.kind === kind))).toEqual([]);
  });

  const count = (has: (description: CellDescription, shape: core.Sizes) => boolean) =>
    all.filter(({ description, shape }) => has(description, shape)).length;
  const lengths = ({ states, parameters }: CellDescription): Length[] => [
    ...states.map(({ width }) => width),
    ...parameters.flatMap(({ width, rows }) => [width, rows]).filter((length) => length !== undefined),
  ];

  test.each<[what: string, has: (description: CellDescription, shape: core.Sizes) => boolean]>([
    ['four states', ({ states }) => states.length === 4],
    [
      'a state of one number',
      ({ states }, shape) => states.some(({ width }) => lengthOf(width, shape) === 1),
    ],
    ['no biases', ({ useBias }) => !useBias],
    ['block-diagonal matrices', ({ parameters }) => parameters.some(({ groups }) => groups !== undefined)],
    [
      'vectors in several rows',
      ({ parameters }) => parameters.some(({ storedRows }) => storedRows !== undefined),
    ],
    ['unused blocks', ({ parameters }) => parameters.some(({ blocks }) => blocks.includes('spare'))],
    ['lengths as numbers', (of) => lengths(of).some(({ size }) => size === undefined)],
    ['lengths by name', (of) => lengths(of).some(({ size, times }) => size !== undefined && times === 1)],
    ['lengths as functions', (of) => lengths(of).some(({ size, times }) => size !== undefined && times > 1)],
    [
      'products of products',
      ({ rows }) => rows.some((row) => row.kind === 'product' && rows[row.row].kind === 'product'),
    ],
    ['no output of their own', ({ results }) => !('output' in results)],
  ])('%s', (_, has) => {
    expect(count(has)).toBeGreaterThanOrEqual(10);
  });

  test('every number of stages from none to several', () => {
    const some = all.filter((_, i) => i % 3 === 0);
    const stages = some.map(
      ({ plan }) => loopOf(plan, 'training', { masked: 'no', x: 'steps' }).body.length - 1,
    );
    expect(new Set(stages).size).toBeGreaterThanOrEqual(6);
  });

  test('equations that are saved and read again', () => {
    for (const [i, { cell }] of randomVariants.entries()) {
      if (i % 3 > 0) continue;
      const { shape } = randomCases[i];
      const { inputSize, units } = shape;
      const data = JSON.parse(JSON.stringify(core.cellToData(cell, shape)));
      const plan = core.planFor(core.cellFromData(data), { inputSize, units });
      expect(plan.nodes).toEqual(core.planFor(cell, shape).nodes);
    }
  });
});
