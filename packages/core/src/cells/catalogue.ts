import { formatValue } from '../equations/check-definition.js';
import type { Cell, JsonObject } from '../equations/define-cell.js';
import { gru } from './gru.js';
import { indRnn } from './ind-rnn.js';
import { liGru } from './li-gru.js';
import { lstm } from './lstm.js';
import { minGru } from './min-gru.js';
import { minLstm } from './min-lstm.js';
import { simpleRnn } from './simple-rnn.js';
import { sru } from './sru.js';

/** Makes a cell from plain options. */
export type CellFactory = (options?: JsonObject) => Cell;

/** The cells of Sluice, by name. */
export const cells = { simpleRnn, lstm, gru, sru, minGru, minLstm, indRnn, liGru } as const;

const registered = new Map<string, CellFactory>(
  Object.entries(cells).map(([name, factory]) => [name, factory as CellFactory]),
);

/**
 * Registers your own cell by name, so that a saved model with it can be loaded.
 * @throws RangeError when another cell has that name, TypeError when there is no name or no function that makes the cell.
 */
export function registerCell(name: string, factory: CellFactory): void {
  if (typeof name !== 'string' || name === '') {
    throw new TypeError(
      `registerCell: a cell needs a name, a text that is not empty, but was given ${formatValue(name)}.`,
    );
  }
  if (typeof factory !== 'function') {
    throw new TypeError(
      `registerCell('${name}'): expected a function that makes the cell, such as () => cell, but was given ${formatValue(factory)}.`,
    );
  }
  const known = registered.get(name);
  if (known && known !== factory) throw new RangeError(`A cell named '${name}' is registered already.`);
  registered.set(name, factory);
}

/**
 * Creates the cell with a name and options.
 * @throws RangeError listing the known names.
 */
export function cellFrom({ name, options }: { name: string; options?: JsonObject }): Cell {
  const factory = registered.get(name);
  if (factory) return factory(options);
  const known = [...registered.keys()].join(', ');
  throw new RangeError(
    `No cell named '${name}'. Known: ${known}. Register your own with registerCell(name, factory).`,
  );
}

export type { GruOptions } from './gru-options.js';
export type { IndRnnOptions } from './ind-rnn.js';
export type { LiGruOptions } from './li-gru.js';
export type { LstmOptions } from './lstm-options.js';
export type { MinGruOptions } from './min-gru.js';
export type { MinLstmOptions } from './min-lstm.js';
export type { SimpleRnnOptions } from './simple-rnn.js';
export type { SruOptions } from './sru.js';
