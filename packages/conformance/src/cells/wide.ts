/** Cells of the catalogue with options that not all sizes allow. */
import { cells, compose } from '@sluice/core';
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

export const wideVariants: readonly Variant[] = [
  grouped('a GRU in two groups', true, 2),
  grouped('a GRU in three groups, no resetAfter', false, 3),
];
