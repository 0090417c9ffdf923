import {
  add,
  concat,
  mul,
  reverse,
  serialization,
  type Tensor,
  type Tensor3D,
  tidy,
} from '@tensorflow/tfjs-core';
import { type LayerVariable, layers, type SymbolicTensor } from '@tensorflow/tfjs-layers';
import { fromSaved, type SavedObject, savedForm } from '../weights/identifiers.js';
import { streamSeed } from '../weights/random.js';
import { checkLayerArgs, layerArgs } from './layer-args.js';
import { recurrentCall, type StateSlots } from './layer-call.js';
import type { CallArgs, LayerArgs, LayerInputs, Outputs, Shape, States } from './layer-inputs.js';
import { first, listed, shapesOf } from './one-or-several.js';
import { RecurrentLayer } from './recurrent-layer.js';
import { sequenceMask } from './sequence-mask.js';

/** How the outputs of the two directions become one; null leaves them two. */
export type MergeMode = keyof typeof MERGES | null;

const MERGES = {
  concat: (forward: Tensor, backward: Tensor) => concat([forward, backward], -1),
  sum: (forward: Tensor, backward: Tensor) => add(forward, backward),
  ave: (forward: Tensor, backward: Tensor) => mul(add(forward, backward), 0.5),
  mul: (forward: Tensor, backward: Tensor) => mul(forward, backward),
} as const;

export interface BidirectionalArgs extends LayerArgs {
  /** One of this package's recurrent layers; the wrapper works with copies of it. */
  layer: RecurrentLayer | SavedObject;
  /** The layer for the other direction. Default: one like `layer` with `goBackwards` the other way round. */
  backwardLayer?: RecurrentLayer | SavedObject | null;
  /** Default `concat`. */
  mergeMode?: MergeMode;
}

/** The names of a pair's own arguments; the compiler compares them. */
const BIDIRECTIONAL_ARGS = Object.keys({
  layer: true,
  backwardLayer: true,
  mergeMode: true,
} satisfies Record<Exclude<keyof BidirectionalArgs, keyof LayerArgs>, true>);

/** See `bidirectional`. */
export class Bidirectional<Several extends boolean = boolean> extends layers.Layer {
  static readonly className = 'SluiceBidirectional';
  readonly forwardLayer: RecurrentLayer;
  readonly backwardLayer: RecurrentLayer;
  private readonly mergeMode: MergeMode;

  constructor(args: BidirectionalArgs) {
    if (args?.layer == null) {
      throw new TypeError(
        'bidirectional takes an object with a layer: bidirectional({ layer: gru({ units: 16 }) }).',
      );
    }
    checkLayerArgs('bidirectional', args, BIDIRECTIONAL_ARGS, 'bidirectional({ layer: gru({ units: 16 }) })');
    super(layerArgs('bidirectional', args));
    const given = layerOf(this.name, args.layer);
    const other = args.backwardLayer == null ? otherDirection(given) : layerOf(this.name, args.backwardLayer);
    checkPair(this.name, given, other);
    // As Keras does: with sequences the merged output of a padded step is zero, otherwise the last output is kept.
    const zeroOutputForMask = given.returnSequences;
    this.forwardLayer = given.copyWith({ name: scoped('forward', given), zeroOutputForMask });
    this.backwardLayer = other.copyWith({ name: scoped('backward', given), zeroOutputForMask });
    this.mergeMode = checkedMergeMode(this.name, args.mergeMode);
    this._stateful = given.stateful;
    this.supportsMasking = true;
  }

  private get pair(): [RecurrentLayer, RecurrentLayer] {
    return [this.forwardLayer, this.backwardLayer];
  }

  override build(inputShape: Shape | Shape[]): void {
    for (const layer of this.pair) {
      layer.weightScope = `${layer.name}/`;
      layer.build(inputShape);
    }
    this.built = true;
  }

  override computeOutputShape(inputShape: Shape | Shape[]): Shape | Shape[] {
    const [output, ...states] = shapesOf(this.forwardLayer.computeOutputShape(inputShape));
    const width = (this.mergeMode === 'concat' ? 2 : 1) * this.forwardLayer.units;
    const merged = [...output.slice(0, -1), width];
    const shapes = [...(this.mergeMode === null ? [merged, merged] : [merged]), ...states, ...states];
    return shapes.length === 1 ? shapes[0] : shapes;
  }

  /** The states that a call may start from, the forward layer's first. */
  private get stateSlots(): StateSlots {
    const { cell, units } = this.forwardLayer;
    return {
      names: this.pair.flatMap((layer) => layer.cell.states.map((state) => `${state} of ${layer.name}`)),
      units,
      listing: `, ${cell.states.length} for each direction`,
    };
  }

  /**
   * Applies both layers to a sequence. Initial states are the forward layer's, then the backward layer's.
   * @throws TypeError, RangeError when there is something in the call that the layers cannot use.
   */
  override apply(inputs: Tensor | Tensor[], kwargs?: CallArgs): Outputs<Tensor, Several>;
  override apply(
    inputs: SymbolicTensor | SymbolicTensor[],
    kwargs?: CallArgs,
  ): Outputs<SymbolicTensor, Several>;
  override apply(inputs: LayerInputs, kwargs?: CallArgs): LayerInputs;
  override apply(inputs: LayerInputs, kwargs?: CallArgs | null): LayerInputs {
    const call = recurrentCall(this, this.stateSlots, inputs, kwargs ?? {});
    return super.apply(call.inputs, call.kwargs);
  }

  override call(inputs: Tensor | Tensor[], kwargs: CallArgs): Tensor | Tensor[] {
    return tidy(() => {
      this.invokeCallHook(inputs, kwargs);
      const { initialState, lengths, training } = kwargs;
      const mask = sequenceMask(this.name, kwargs.mask);
      const each = this.forwardLayer.cell.states.length;
      const states = initialState == null ? undefined : listed(initialState as States);
      const results = this.pair.map((layer, i) => {
        const own = { mask, lengths, training, initialState: states?.slice(i * each, (i + 1) * each) };
        const { sequence, states: last } = layer.run(first(inputs), own);
        return {
          output: layer.returnSequences ? this.inOrder(sequence) : layer.lastOutput(sequence),
          states: last,
        };
      });
      const [forward, backward] = results.map(({ output }) => output);
      const outputs =
        this.mergeMode === null ? [forward, backward] : [MERGES[this.mergeMode](forward, backward)];
      const last = this.forwardLayer.returnState ? results.flatMap((result) => result.states) : [];
      const all = [...outputs, ...last];
      return all.length === 1 ? all[0] : all;
    });
  }

  /** Keras turns the backward layer's outputs round; where the forward layer goes backwards, all come out reversed. */
  private inOrder(sequence: Tensor3D): Tensor {
    return this.forwardLayer.goBackwards ? reverse(sequence, 1) : sequence;
  }

  override computeMask(_inputs: Tensor | Tensor[], mask?: Tensor | Tensor[]): Tensor | Tensor[] {
    const output = this.forwardLayer.returnSequences ? (sequenceMask(this.name, mask) ?? null) : null;
    const outputs = this.mergeMode === null ? [output, output] : [output];
    const states = this.forwardLayer.returnState
      ? this.pair.flatMap(({ cell }) => cell.states.map(() => null))
      : [];
    const masks = [...outputs, ...states];
    // tfjs-layers takes null for "no mask", though its types do not say so.
    return (masks.length === 1 ? masks[0] : masks) as Tensor | Tensor[];
  }

  /** The states that a stateful pair starts its next batch with, the forward layer's first; null stands for zeros. */
  get states(): readonly (Tensor | null)[] {
    return this.pair.flatMap((layer) => layer.states);
  }

  /**
   * Makes a stateful pair start its next batch with zeros, or with the given states, the forward layer's first.
   * @throws Error when the layers are not stateful, RangeError when the states do not fit.
   */
  override resetStates(states?: States | null): void {
    const given = states == null ? this.states.map(() => null) : listed(states);
    const each = this.forwardLayer.cell.states.length;
    if (given.length !== 2 * each) {
      throw new RangeError(
        `${this.name} has ${2 * each} states${this.stateSlots.listing}, but was given ${given.length}.`,
      );
    }
    this.pair.forEach((layer, i) => {
      layer.resetStates(given.slice(i * each, (i + 1) * each));
    });
  }

  override get trainable(): boolean {
    return this.trainable_;
  }

  override set trainable(trainable: boolean) {
    this.trainable_ = trainable;
    for (const layer of this.pair) layer.trainable = trainable;
  }

  override get trainableWeights(): LayerVariable[] {
    return this.trainable ? this.pair.flatMap((layer) => layer.trainableWeights) : [];
  }

  override get nonTrainableWeights(): LayerVariable[] {
    return this.pair.flatMap((layer) => (this.trainable ? layer.nonTrainableWeights : layer.weights));
  }

  /** The forward layer's, then the backward layer's. */
  override setWeights(weights: Tensor[]): void {
    const each = this.forwardLayer.weights.length;
    // TensorFlow.js says what is wrong with the number of them.
    if (weights.length !== this.weights.length) super.setWeights(weights);
    this.forwardLayer.setWeights(weights.slice(0, each));
    this.backwardLayer.setWeights(weights.slice(each));
  }

  override get losses(): layers.Layer['losses'] {
    return this.pair.flatMap((layer) => layer.losses);
  }

  override dispose(): ReturnType<layers.Layer['dispose']> {
    const result = super.dispose();
    if (result.refCountAfterDispose === 0) for (const layer of this.pair) layer.disposeStates();
    return result;
  }

  override setFastWeightInitDuringBuild(value: boolean): void {
    for (const layer of this.pair) layer.setFastWeightInitDuringBuild(value);
  }

  override getConfig(): serialization.ConfigDict {
    return {
      ...super.getConfig(),
      layer: savedForm(this.forwardLayer),
      backwardLayer: savedForm(this.backwardLayer),
      mergeMode: this.mergeMode,
    } as unknown as serialization.ConfigDict;
  }
}
serialization.registerClass(Bidirectional);

/** Names are for saved weights: the wrapped layer's, with its direction in front once. */
const scoped = (direction: string, { name }: RecurrentLayer) =>
  name.startsWith('forward_') ? name.replace('forward', direction) : `${direction}_${name}`;

function layerOf(wrapper: string, layer: unknown): RecurrentLayer {
  const made = layer instanceof layers.Layer ? layer : fromSaved(layer as SavedObject);
  if (made instanceof RecurrentLayer) return made;
  throw new TypeError(
    `${wrapper}: bidirectional wraps one of Sluice's recurrent layers (gru, lstm, sru, …), not a ${made.getClassName()}.`,
  );
}

function otherDirection(layer: RecurrentLayer): RecurrentLayer {
  return layer.copyWith({
    goBackwards: !layer.goBackwards,
    // With one seed both directions would start from the same weights.
    ...(layer.seed !== undefined && { seed: streamSeed(layer.seed, 'otherDirection') }),
  });
}

function checkPair(wrapper: string, forward: RecurrentLayer, backward: RecurrentLayer): void {
  if (forward.goBackwards === backward.goBackwards) {
    throw new RangeError(`${wrapper}: backwardLayer must have goBackwards the other way round than layer.`);
  }
  for (const key of ['units', 'returnSequences', 'returnState', 'stateful'] as const) {
    if (forward[key] === backward[key]) continue;
    throw new RangeError(
      `${wrapper}: layer and backwardLayer must have the same ${key}, but have ${forward[key]} and ${backward[key]}.`,
    );
  }
}

function checkedMergeMode(wrapper: string, mergeMode: MergeMode | undefined): MergeMode {
  if (mergeMode === undefined) return 'concat';
  if (mergeMode === null || Object.hasOwn(MERGES, mergeMode)) return mergeMode;
  throw new RangeError(
    `${wrapper}: unknown mergeMode '${mergeMode}'. Known: ${Object.keys(MERGES).join(', ')} and null.`,
  );
}

/**
 * Runs a recurrent layer over a sequence in both directions and merges the outputs, as Keras's `Bidirectional` does.
 *
 * @throws TypeError, RangeError when the layers are not recurrent, do not form a pair or the merge mode is unknown.
 */
export const bidirectional = <ReturnState extends boolean = false, Mode extends MergeMode = 'concat'>(
  args: BidirectionalArgs & { layer: RecurrentLayer<ReturnState> | SavedObject; mergeMode?: Mode },
): Bidirectional<Mode extends null ? true : ReturnState> => new Bidirectional(args);
