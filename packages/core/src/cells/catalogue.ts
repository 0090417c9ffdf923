import { shown } from '../equations/check-definition.js';
import type { Cell, JsonObject } from '../equations/define-cell.js';
import { gru } from './gru.js';
import { indRnn } from './ind-rnn.js';
import { liGru } from './li-gru.js';
import { lstm } from './lstm.js';
import { minGru } from './min-gru.js';
import { simpleRnn } from './simple-rnn.js';
import { sru } from './sru.js';

/** Makes a cell from plain options. */
export type CellFactory = (options?: JsonObject) => Cell;

/** Every cell that comes with Sluice, by name. */
export const cells = { simpleRnn, lstm, gru, sru, minGru, indRnn, liGru } as const;

const registered = new Map<string, CellFactory>(
  Object.entries(cells).map(([name, factory]) => [name, factory as CellFactory]),
);

/**
 * Makes a cell of one's own known by name, so that a saved model with it can be loaded.
 * @throws RangeError when another cell has that name, TypeError when there is no name or no function that makes the cell.
 */
export function registerCell(name: string, factory: CellFactory): void {
  if (typeof name !== 'string' || name === '') {
    throw new TypeError(
      `registerCell: a cell needs a name, a text that is not empty, but was given ${shown(name)}.`,
    );
  }
  if (typeof factory !== 'function') {
    throw new TypeError(
      `registerCell('${name}'): expected a function that makes the cell, such as () => cell, but was given ${shown(factory)}.`,
    );
  }
  const known = registered.get(name);
  if (known && known !== factory) throw new RangeError(`A cell named '${name}' is registered already.`);
  registered.set(name, factory);
}

/**
 * The cell that `{ name, options }` describes.
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

export type { GruOptions } from './gru.js';
export type { IndRnnOptions } from './ind-rnn.js';
export type { LiGruOptions } from './li-gru.js';
export type { LstmOptions } from './lstm.js';
export type { MinGruOptions } from './min-gru.js';
export type { SimpleRnnOptions } from './simple-rnn.js';
export type { SruOptions } from './sru.js';
