import { defineDirectionalLayout } from './define-layout.js';
import type { StoredArray, StoredArrays } from './description.js';
import { native } from './native.js';

const SOURCE = 'github.com/asappresearch/sru, sru/modules.py: SRUCell, compute_U';

const weight = (...gates: string[]): StoredArray => ({
  holds: ['kernel'],
  dimensions: [['row'], ['direction', 'unit', 'gate']],
  gates,
});

const gatePair = (holds: 'recurrentVector' | 'bias'): StoredArray => ({
  holds: [holds],
  dimensions: [['gate', 'direction', 'unit']],
  gates: ['f', 'r'],
});

const form = (kernel: StoredArray, cell: StoredArrays) => ({
  required: { weight: kernel },
  optional: { weightC: gatePair('recurrentVector'), bias: gatePair('bias') },
  native: cell,
});

/**
 * asappresearch/sru: `weight` `[inputSize, directions·units·gates]` with the gate running fastest — candidate, forget,
 * reset and, where the library projects its skip, that — `weight_c` and `bias` `[2·directions·units]`, forget before
 * reset. Leave `weightC` out for version 1, whose gates do not see the state.
 *
 * A bidirectional layer with `input_size = 2·hidden_size` has no skip projection: each direction's highway takes its
 * half of the input row. Sluice's cells take whole rows: see `withHalfSkip`.
 */
export const asappresearch = {
  sru: defineDirectionalLayout(
    'asappresearch.sru',
    SOURCE,
    form(weight('c', 'f', 'r'), native.sru),
    form(weight('c', 'f', 'r', 's'), native.sruWithSkip),
  ),
};
