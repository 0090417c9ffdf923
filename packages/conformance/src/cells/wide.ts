/** Cells of the catalogue with options that not all sizes allow. */
import { type Cell, cells, compose } from '@sluice/core';
import type { Variant } from './variant.js';

const WIDTH = 6;

/** A GRU in groups behind a dense layer, so that the groups divide its input and its units whatever the sizes of the case. */
const grouped = (name: string, resetAfter: boolean, groups: number): Variant => ({
  name,
  cell: compose({
    name,
    parts: [
      { dense: 'tanh', units: WIDTH },
      { cell: cells.gru({ resetAfter, groups }), units: WIDTH },
    ],
  }),
});

/** The cell with 6 units, whatever the units of the case. */
const fixed = (name: string, cell: Cell): Variant => ({
  name,
  cell: compose({ name, parts: [{ cell, units: WIDTH, name: 'part' }] }),
});

export const wideVariants: readonly Variant[] = [
  grouped('a GRU in two groups', true, 2),
  grouped('a GRU in three groups, no resetAfter', false, 3),
  fixed('sLstm with two heads', cells.sLstm({ heads: 2 })),
  fixed('mLstm with three heads', cells.mLstm({ heads: 3 })),
  fixed('rgLru with two heads', cells.rgLru({ heads: 2 })),
];
