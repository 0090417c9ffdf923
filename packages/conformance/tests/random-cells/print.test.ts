import { defineCell, planFor } from '@sluice/core';
import { bias, Expression, kernel, normalize, recurrentKernel, split, where } from '@sluice/core/equations';
import { expect, test } from 'vitest';
import { randomCases } from '../../src/cases.js';
import type { CellDescription } from '../../src/random-cells/description.js';
import { makeCell } from '../../src/random-cells/make-cell.js';
import { printCell } from '../../src/random-cells/print.js';
import { agreementCase } from '../../src/suites/agreement.js';
import type { Subject } from '../../src/suites/subject.js';
import { tolerances, WorstErrors } from '../../src/tolerances.js';
import { ReferenceBackend } from '../reference-backend.js';

const sizes = { inputSize: 3, units: 4 };

const description: CellDescription = {
  name: 'printed',
  states: [
    { name: 'a', width: { size: 'units', times: 1, plus: 0 } },
    { name: 'b', width: { size: 'units', times: 2, plus: 1 } },
  ],
  parameters: [
    { name: 'kernel', symbol: 'W', role: 'kernel', blocks: ['p', 'q'] },
    {
      ...{ name: 'recurrentKernel', symbol: 'U', role: 'recurrentKernel', blocks: ['p'] },
      ...{ rows: { size: 'units', times: 1, plus: 0 }, width: { times: 0, plus: 8 }, groups: 2 },
    },
    {
      ...{ name: 'bias', symbol: 'b', role: 'bias', blocks: ['p', 'spare'], storedRows: 2 },
      width: { times: 0, plus: 1 },
    },
  ],
  useBias: false,
  rows: [
    { kind: 'input' },
    { kind: 'state', state: 'a' },
    { kind: 'state', state: 'b' },
    { kind: 'product', parameter: 'kernel', block: 'q', row: 0 },
    { kind: 'word', word: '.add', arguments: [{ row: 3 }, -0.5] },
    { kind: 'word', word: 'normalize', arguments: [{ row: 4 }, { settings: { parts: 2, epsilon: 0.1 } }] },
    { kind: 'product', parameter: 'recurrentKernel', block: 'p', row: 5 },
    { kind: 'word', word: 'split', arguments: [{ row: 6 }, 2], pick: 1 },
    { kind: 'word', word: '#sign', arguments: [{ row: 1 }] },
    { kind: 'vector', parameter: 'bias', block: 'p' },
    { kind: 'word', word: 'where', arguments: [{ row: 8 }, { row: 7 }, { row: 9 }] },
    { kind: 'word', word: '.neg', arguments: [{ row: 2 }] },
    { kind: 'word', word: 'tanh', arguments: [{ row: 3 }] },
  ],
  results: { a: 10, b: 11, output: 3 },
};

const text = `// For { inputSize: 3, units: 4 }.
defineCell({
  name: 'printed',
  states: { a: 'units', b: ({ units }) => 2 * units + 1 },
  parameters: {
    kernel: { ...kernel('p', 'q'), symbol: 'W' },
    recurrentKernel: { ...recurrentKernel('p'), symbol: 'U', width: 8, rows: 'units', groups: 2 },
    bias: { ...bias('p', 'spare'), symbol: 'b', width: 1, storedRows: 2 },
  },
  useBias: false,
  equations: ({ x, a, b }, { kernel, recurrentKernel, bias }) => {
    const r4 = kernel.q(x).add(-0.5);
    const r5 = normalize(r4, { parts: 2, epsilon: 0.1 });
    const r7 = split(recurrentKernel.p(r5), 2)[1];
    const r8 = new Expression({ kind: 'operation', name: 'sign', inputs: [a] });
    const r10 = where(r8, r7, bias.p);
    const r11 = b.neg();
    return { a: r10, b: r11, output: kernel.q(x) };
  },
})`;

/** The text above, as code. */
const copied = defineCell({
  name: 'printed',
  states: { a: 'units', b: ({ units }) => 2 * units + 1 },
  parameters: {
    kernel: { ...kernel('p', 'q'), symbol: 'W' },
    recurrentKernel: { ...recurrentKernel('p'), symbol: 'U', width: 8, rows: 'units', groups: 2 },
    bias: { ...bias('p', 'spare'), symbol: 'b', width: 1, storedRows: 2 },
  },
  useBias: false,
  equations: ({ x, a, b }, { kernel, recurrentKernel, bias }) => {
    const r4 = kernel.q(x).add(-0.5);
    const r5 = normalize(r4, { parts: 2, epsilon: 0.1 });
    const r7 = split(recurrentKernel.p(r5), 2)[1];
    const r8 = new Expression({ kind: 'operation', name: 'sign', inputs: [a] });
    const r10 = where(r8, r7, bias.p);
    const r11 = b.neg();
    return { a: r10, b: r11, output: kernel.q(x) };
  },
});

test('a description is printed as its cell, without rows that no result needs', () => {
  expect(printCell(description, sizes)).toBe(text);
  const head = { name: 'printed', states: ['a', 'b'], useBias: false };
  const { nodes, products, ...made } = planFor(
    makeCell(head, () => description),
    sizes,
  );
  const other = planFor(copied, sizes);
  expect(other).toMatchObject({ parameters: made.parameters, stateWidths: [4, 9], outputWidth: 4 });
  // The row that nothing needs is the last one.
  expect(nodes.slice(0, other.nodes.length)).toEqual(other.nodes);
  expect(products).toEqual(other.products);
});

test('the equations of a random cell are in the message when it fails', async () => {
  const given = randomCases[0];
  const backend = new ReferenceBackend();
  const forward = backend.forward.bind(backend);
  backend.forward = (...inputs) => {
    const result = forward(...inputs);
    result.sequence[0] += 1;
    return result;
  };
  const subject: Subject<Float32Array> = {
    backend,
    tolerances: tolerances.cpu,
    level: 'training',
    worstErrors: new WorstErrors(),
    withInstance: () => {
      throw new Error('one instance is enough');
    },
  };
  const { check } = agreementCase(given, []);
  const equations = given.variant.print?.(given.shape) ?? '';
  expect(equations).toContain("name: 'random equations 0'");
  await expect(check(subject)).rejects.toThrow(`The cell, drawn with the seed 0:\n${equations}`);
});
