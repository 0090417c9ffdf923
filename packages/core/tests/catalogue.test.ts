import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { bias, kernel, tanh } from '../src/equations/index.js';
import { cellFrom, cells, defineCell, type JsonObject, planFor, registerCell } from '../src/index.js';

const SIZES = { inputSize: 3, units: 4 };

/** For each cell options that change its plan; a cell without any need not be here. */
const optionsOf: Partial<Record<keyof typeof cells, JsonObject>> = {
  simpleRnn: { activation: 'relu', useBias: false },
  lstm: { peephole: true, recurrentActivation: 'hardSigmoid' },
  gru: { resetAfter: true, update: 'take' },
  sru: { version: 1, highway: false, activation: 'tanh' },
  minGru: { useBias: false },
  indRnn: { activation: 'tanh' },
  liGru: { activation: 'silu' },
  sLstm: { heads: 2 },
  mLstm: { heads: 2 },
  rgLru: { heads: 2 },
  qrnn: { useBias: false },
  cfc: { mode: 'pure', backboneUnits: 3 },
  s6: { stateSize: 2, rank: 2 },
  attentionGru: { window: 2 },
};

describe('cellFrom', () => {
  test.each(Object.entries(optionsOf))('makes %s again from its name and options', (name, options) => {
    const factory = cells[name as keyof typeof cells] as (options: JsonObject) => ReturnType<typeof cellFrom>;
    const cell = factory(options);
    const saved = JSON.parse(JSON.stringify({ name: cell.name, options: cell.options }));
    const again = cellFrom(saved);
    expect(again.name).toBe(name);
    expect(again.options).toEqual(options);
    expect(planFor(again, SIZES)).toEqual(planFor(cell, SIZES));
    expect(planFor(again, SIZES)).not.toEqual(planFor(cellFrom({ name }), SIZES));
  });

  test('makes the SRU with full recurrence again', () => {
    const { name, options } = cells.sru({ recurrence: 'full' });
    expect(planFor(cellFrom({ name, options }), SIZES)).toEqual(
      planFor(cells.sru({ recurrence: 'full' }), SIZES),
    );
  });

  test('lists the known cells for an unknown name', () => {
    expect(() => cellFrom({ name: 'GRU' })).toThrow(RangeError);
    expect(() => cellFrom({ name: 'GRU' })).toThrow(
      /'GRU'. Known: attentionGru, .*gru, indRnn, .*registerCell/,
    );
  });
});

describe('registerCell', () => {
  const factory = (options: JsonObject = {}) =>
    defineCell({
      name: 'feedForward',
      options,
      states: ['h'],
      parameters: { kernel: kernel('h'), bias: bias('h') },
      equations: ({ x }, { kernel: W, bias: b }) => ({ h: tanh(W.h(x).add(b.h)) }),
    });

  test('registers a cell, also twice', () => {
    registerCell('feedForward', factory);
    expect(() => registerCell('feedForward', factory)).not.toThrow();
    expect(cellFrom({ name: 'feedForward', options: { depth: 2 } }).options).toEqual({ depth: 2 });
  });

  test('refuses another cell with a known name', () => {
    expect(() => registerCell('gru', factory)).toThrow("A cell named 'gru' is registered already.");
    expect(cellFrom({ name: 'gru' }).name).toBe('gru');
  });
});

describe('options', () => {
  test('without effect on full recurrence are refused by name', () => {
    expect(() => cells.sru({ recurrence: 'full', highway: true, version: 2 })).toThrow(
      "sru: with recurrence 'full' there is no version, highway; leave it out.",
    );
  });

  test('full recurrence has the equations of a GRU whose update gate takes the candidate', () => {
    const { cell: _, ...full } = planFor(cells.sru({ recurrence: 'full' }), SIZES);
    const { cell: __, ...gru } = planFor(cells.gru({ resetAfter: false, update: 'take' }), SIZES);
    expect(full).toEqual(gru);
  });

  test('the forget bias of an LSTM starts at 1, the reset bias of an SRU at highwayBias', () => {
    const start = (cell: ReturnType<typeof cells.lstm>) =>
      cell.parameters(SIZES).find(({ role }) => role === 'bias')?.initial;
    expect(start(cells.lstm())).toEqual({ f: 1 });
    expect(start(cells.sru({ highwayBias: -2 }))).toEqual({ r: -2 });
  });
});

describe('a new cell fits on a page', () => {
  test.each(['min-gru', 'ind-rnn', 'li-gru'])('%s.ts has less than 40 lines', (file) => {
    const source = readFileSync(new URL(`../src/cells/${file}.ts`, import.meta.url), 'utf8');
    expect(source.trimEnd().split('\n').length).toBeLessThan(40);
  });

  test('refuses a cell instead of its function, and a missing name', () => {
    expect(() => registerCell('made', cells.gru() as never)).toThrow(
      /registerCell\('made'\): expected a function .* given an object/,
    );
    expect(() => registerCell(undefined as never, cells.gru as never)).toThrow(/needs a name, .* undefined/);
    expect(() => cellFrom({ name: 'made' })).toThrow(/No cell named 'made'/);
  });
});
