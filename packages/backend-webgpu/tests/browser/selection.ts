import type { BackendUnderTest, Tier } from '@sluice/conformance/browser';

type Selection = Pick<BackendUnderTest<unknown, unknown>, 'cells' | 'level' | 'randomCells'>;

/**
 * The cases that the page runs. In the quick tier Node runs another quarter of the cells, with gradients: two thirds of the
 * kernels to compile.
 */
export const selectionOf = (tier: Tier): Selection =>
  tier === 'quick'
    ? { cells: 'fourth quarter', level: 'inference', randomCells: 8 }
    : { cells: 'all', level: 'training', randomCells: 25 };
