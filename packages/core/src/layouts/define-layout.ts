import type { ParameterRole } from '../equations/parameters.js';
import type { FloatArray, LayoutSizes, StoredArrays } from './description.js';
import { selectForm } from './select-form.js';
import { convert, type Weights } from './transfer.js';

/**
 * The parameters of one of Sluice's cells, under the names the cell gives them, flat and in the cell's own order
 * (Keras's): `kernel` `[inputSize, gates·units]`, `recurrentKernel` `[units, gates·units]`, `bias` `[gates·units]`
 * or, for a reset-after GRU, `[2, 3·units]`, `recurrentVector` `[gates·units]` (peepholes, SRU's `v`).
 */
export type NativeWeights<A extends FloatArray = FloatArray> = { readonly kernel: A } & {
  readonly [role in Exclude<ParameterRole, 'kernel'>]?: A;
};

/** A library's weights for one layer, under its own names. */
export type LibraryWeights<Required extends string, Optional extends string, A extends FloatArray> = {
  readonly [name in Required]: A;
} & { readonly [name in Optional]?: A };

/** Conversion between a library's storage of one cell's weights and Sluice's. Nothing is changed in place. */
export interface Layout<Required extends string, Optional extends string> {
  /** Where the library documents its storage. */
  readonly source: string;
  /**
   * The library's weights as Sluice stores them. Where the library has two biases and the cell one, it is their sum.
   * @throws RangeError naming the array that is missing, unknown or of the wrong length, and the shape expected.
   */
  toNative<A extends FloatArray>(
    weights: LibraryWeights<Required, Optional, A>,
    sizes: LayoutSizes,
  ): NativeWeights<A>;
  /**
   * Sluice's weights as the library stores them. Where the library has two biases and the cell one, the first takes
   * it and the second is zero.
   * @throws RangeError as `toNative`.
   */
  fromNative<A extends FloatArray>(
    native: NativeWeights<A>,
    sizes: LayoutSizes,
  ): LibraryWeights<Required, Optional, A>;
}

/** The two directions of a bidirectional layer. */
export interface BothDirections<A extends FloatArray> {
  readonly forward: NativeWeights<A>;
  readonly backward: NativeWeights<A>;
}

/** A layout that stores both directions of a bidirectional layer in the same arrays. */
export interface DirectionalLayout<Required extends string, Optional extends string>
  extends Layout<Required, Optional> {
  /** As `toNative`, for arrays that hold two directions; `sizes.units` are those of one direction. */
  toNativeBidirectional<A extends FloatArray>(
    weights: LibraryWeights<Required, Optional, A>,
    sizes: LayoutSizes,
  ): BothDirections<A>;
  /** As `fromNative`, for both directions at once. */
  fromNativeBidirectional<A extends FloatArray>(
    native: BothDirections<A>,
    sizes: LayoutSizes,
  ): LibraryWeights<Required, Optional, A>;
}

/** How a library stores one layer, and how Sluice stores the same cell. */
export interface LayoutForm {
  readonly required: StoredArrays;
  /** Left out by a layer made without them: biases, peepholes. */
  readonly optional: StoredArrays;
  readonly native: StoredArrays;
}

type Required<Form extends LayoutForm> = keyof Form['required'] & string;
type Optional<Form extends LayoutForm> = keyof Form['optional'] & string;

/** A layout from its description: one form, or several of which the arrays' lengths select one. */
export function defineLayout<const Form extends LayoutForm>(
  name: string,
  source: string,
  ...forms: Form[]
): Layout<Required<Form>, Optional<Form>> {
  const { toNative, fromNative } = conversions(name, forms);
  const layout = {
    source,
    toNative: (weights: Weights, sizes: LayoutSizes) => toNative(weights, sizes, 1)[0],
    fromNative: (native: Weights, sizes: LayoutSizes) => fromNative([native], sizes),
  };
  return layout as unknown as Layout<Required<Form>, Optional<Form>>;
}

/** Like `defineLayout`, for a library whose arrays hold both directions of a bidirectional layer. */
export function defineDirectionalLayout<const Form extends LayoutForm>(
  name: string,
  source: string,
  ...forms: Form[]
): DirectionalLayout<Required<Form>, Optional<Form>> {
  const { toNative, fromNative } = conversions(name, forms);
  const directional = {
    ...defineLayout(name, source, ...forms),
    toNativeBidirectional: (weights: Weights, sizes: LayoutSizes) => {
      const [forward, backward] = toNative(weights, sizes, 2);
      return { forward, backward };
    },
    fromNativeBidirectional: ({ forward, backward }: BothDirections<never>, sizes: LayoutSizes) =>
      fromNative([forward, backward], sizes),
  };
  return directional as unknown as DirectionalLayout<Required<Form>, Optional<Form>>;
}

function conversions(name: string, forms: readonly LayoutForm[]) {
  const stored = forms.map(({ required, optional }) => ({ ...required, ...optional }));
  const required = Object.keys(forms[0].required);
  return {
    toNative: (weights: Weights, sizes: LayoutSizes, directions: number): Weights[] => {
      const form = selectForm(`layouts.${name}`, weights, stored, required, sizes, directions);
      return Array.from({ length: directions }, (_, direction) => {
        const given = { weights, arrays: stored[form], direction, directions };
        return convert([given], forms[form].native, sizes, true);
      });
    },
    fromNative: (natives: readonly Weights[], sizes: LayoutSizes): Weights => {
      const arrays = forms.map(({ native }) => native);
      const needed = Object.keys(arrays[0]).filter((key) => key === 'kernel' || key === 'recurrentKernel');
      const selected = natives.map((native) =>
        selectForm(`layouts.${name}, native weights`, native, arrays, needed, sizes, 1),
      );
      const [form] = selected;
      if (selected.some((other) => other !== form)) {
        throw new RangeError(
          `layouts.${name}, native weights: the kernels of the two directions differ in shape.`,
        );
      }
      const given = natives.map((weights) => ({
        weights,
        arrays: arrays[form],
        direction: 0,
        directions: 1,
      }));
      return convert(given, stored[form], sizes, false);
    },
  };
}
