/** Cells of the catalogue with options that not every number of units allows. */
import { type Cell, cells, compose } from '@sluice/core';
import type { Variant } from './variant.js';

const UNITS = 6;

/** The cell with 6 units, whatever the units of the case. */
const fixed = (name: string, cell: Cell): Variant => ({
  name,
  cell: compose({ name, parts: [{ cell, units: UNITS, name: 'part' }] }),
});

export const wideVariantsB: readonly Variant[] = [
  fixed('sLstm with two heads', cells.sLstm({ heads: 2 })),
  fixed('mLstm with three heads', cells.mLstm({ heads: 3 })),
  fixed('rgLru with two heads', cells.rgLru({ heads: 2 })),
];
