import { highwayScale } from '../cells/highway-scale.js';
import type { SruOptions } from '../cells/sru.js';
import type { Sizes } from '../equations/parameters.js';
import { type BothDirections, defineDirectionalLayout } from './define-layout.js';
import { type FloatArray, native, type StoredArray, type StoredArrays } from './description.js';
import { takesHalf, withHalfSkip, withoutHalfSkip } from './half-skip.js';

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

const stored = defineDirectionalLayout(
  'asappresearch.sru',
  SOURCE,
  form(weight('c', 'f', 'r'), native.sru),
  form(weight('c', 'f', 'r', 's'), native.sruWithSkip),
);

type Stored = typeof stored;
type LibraryOf<A extends FloatArray> = Parameters<Stored['toNativeBidirectional']>[0] & Record<'weight', A>;

/** The options of `sru` for its highway: whether it has one, and its scale. */
export type HighwayOptions = Pick<SruOptions, 'highway' | 'rescale' | 'highwayBias' | 'scale'>;

/**
 * asappresearch/sru: `weight` `[inputSize, directions·units·gates]` with the gate running fastest — candidate, forget,
 * reset and the skip projection, if there is one — `weight_c` and `bias` `[2·directions·units]`, forget before
 * reset. Leave `weightC` out for version 1, whose gates do not see the state.
 *
 * The library projects the skip when input and output differ in width. This includes a bidirectional layer whose input is as
 * wide as one direction: create that cell with `projectSkip: true`. If the input is as wide as both directions, as in every
 * layer above the first, there is no projection, and each direction's highway takes its half of the input row.
 * `toNativeBidirectional` writes that half into the kernel as a skip projection. It needs the cell's options if they are not
 * the defaults: `highway`, `rescale` and `highwayBias`, or `scale`.
 */
export const asappresearch = {
  sru: {
    ...stored,
    toNativeBidirectional<A extends FloatArray>(
      weights: LibraryOf<A>,
      sizes: Sizes,
      options: HighwayOptions = {},
    ): BothDirections<A> {
      const both = stored.toNativeBidirectional(weights, sizes) as BothDirections<A>;
      if (options.highway === false || !takesHalf(sizes)) return both;
      const scale = highwayScale(options);
      return {
        forward: withHalfSkip(both.forward, sizes, 0, scale),
        backward: withHalfSkip(both.backward, sizes, 1, scale),
      };
    },
    /** @throws RangeError also when training has changed the half in the kernel. */
    fromNativeBidirectional<A extends FloatArray>(
      { forward, backward }: BothDirections<A>,
      sizes: Sizes,
      options: HighwayOptions = {},
    ) {
      if (!takesHalf(sizes)) return stored.fromNativeBidirectional({ forward, backward }, sizes);
      const scale = highwayScale(options);
      const both = {
        forward: withoutHalfSkip(forward, sizes, 0, scale),
        backward: withoutHalfSkip(backward, sizes, 1, scale),
      };
      return stored.fromNativeBidirectional(both, sizes);
    },
  },
};
