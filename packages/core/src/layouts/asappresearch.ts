import { highwayScale } from '../cells/highway-scale.js';
import type { SruOptions } from '../cells/sru.js';
import type { Sizes } from '../equations/parameters.js';
import { defineDirectionalLayout, type NativeWeights } from './define-layout.js';
import { type FloatArray, native, type StoredArray, type StoredArrays } from './description.js';
import { takesHalf, withHalfSkip, withoutHalfSkip } from './half-skip.js';
import {
  checkBothDirections,
  checkShared,
  fromLibrary,
  fromNative,
  type SruBothDirections,
  type SruLibraryWeights,
  type SruNativeWeights,
} from './sru-input.js';

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

/** The options of `sru` for its highway, whether it has one and its scale, and for its normalisation. */
export type HighwayOptions = Pick<
  SruOptions,
  'highway' | 'rescale' | 'highwayBias' | 'scale' | 'normalizeAfter'
>;

const usesHalf = (sizes: Sizes, { highway }: HighwayOptions): boolean =>
  highway !== false && takesHalf(sizes);

/**
 * asappresearch/sru: `weight` `[inputSize, directions·units·gates]` with the gate running fastest — candidate, forget,
 * reset and the skip projection, if there is one — `weight_c` and `bias` `[2·directions·units]`, forget before
 * reset. Leave `weightC` out for version 1, whose gates do not see the state. With `projection_size` there is `weight_proj`
 * `[inputSize, projection]`, and `weight` has `projection` rows. With `layer_norm` there are its weight and bias
 * `[inputSize]`, or with `normalize_after` `[units]`.
 *
 * The library projects the skip when input and output differ in width. This includes a bidirectional layer whose input is as
 * wide as one direction: create that cell with `projectSkip: true`. If the input is as wide as both directions, as in every
 * layer above the first, there is no projection, and each direction's highway takes its half of the input row.
 * `toNativeBidirectional` writes that half into the kernel as a skip projection. It needs the cell's options if they are not
 * the defaults: `highway`, `rescale` and `highwayBias`, or `scale`. It refuses a half beside a low-rank projection or layer
 * normalisation, and `normalizeAfter`, which normalises both directions together in the library.
 */
export const asappresearch = {
  sru: {
    source: SOURCE,
    /** The library's weights as Sluice stores them. @throws RangeError naming what is missing, unknown or too long. */
    toNative<A extends FloatArray>(weights: SruLibraryWeights<A>, sizes: Sizes): SruNativeWeights<A> {
      const { rest, shared, kernelSizes } = fromLibrary(weights, sizes, 1);
      return { ...stored.toNative(rest as SruLibraryWeights<A>, kernelSizes), ...shared };
    },
    /** Sluice's weights as the library stores them. @throws RangeError as `toNative`. */
    fromNative<A extends FloatArray>(weights: SruNativeWeights<A>, sizes: Sizes): SruLibraryWeights<A> {
      const { rest, shared, kernelSizes } = fromNative(weights, sizes);
      return { ...stored.fromNative(rest as NativeWeights<A>, kernelSizes), ...shared };
    },
    /** As `toNative`, for both directions. @throws RangeError also for weights that one cell for each cannot have. */
    toNativeBidirectional<A extends FloatArray>(
      weights: SruLibraryWeights<A>,
      sizes: Sizes,
      options: HighwayOptions = {},
    ): SruBothDirections<A> {
      const separated = fromLibrary(weights, sizes, 2);
      const half = usesHalf(sizes, options);
      checkBothDirections(separated, sizes, { ...options, usesHalf: half });
      const { rest, shared, kernelSizes } = separated;
      const both = stored.toNativeBidirectional(rest as SruLibraryWeights<A>, kernelSizes);
      const scale = highwayScale(options);
      const [forward, backward] = [both.forward, both.backward].map((one, direction) => ({
        ...(half ? withHalfSkip(one, sizes, direction, scale) : one),
        ...Object.fromEntries(Object.entries(shared).map(([name, values]) => [name, values?.slice()])),
      })) as [SruNativeWeights<A>, SruNativeWeights<A>];
      return { forward, backward };
    },
    /**
     * As `fromNative`, for both directions.
     * @throws RangeError also when training has changed the half in the kernel, or weights that the directions share.
     */
    fromNativeBidirectional<A extends FloatArray>(
      { forward, backward }: SruBothDirections<A>,
      sizes: Sizes,
      options: HighwayOptions = {},
    ): SruLibraryWeights<A> {
      const [first, second] = [forward, backward].map((one) => fromNative(one, sizes));
      checkShared(first.shared, second.shared);
      checkBothDirections(first, sizes, { ...options, usesHalf: usesHalf(sizes, options) });
      const isPlain = Object.keys(first.shared).length === 0;
      const scale = isPlain && takesHalf(sizes) ? highwayScale(options) : undefined;
      const [a, b] = [first, second].map(({ rest }, direction) =>
        scale === undefined ? rest : withoutHalfSkip(rest as NativeWeights<A>, sizes, direction, scale),
      ) as NativeWeights<A>[];
      const both = { forward: a, backward: b };
      return { ...stored.fromNativeBidirectional(both, first.kernelSizes), ...first.shared };
    },
  },
};
