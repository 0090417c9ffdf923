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
import { restoreObject, type SavedObject, toSavedObject } from '../weights/identifiers.js';
import { deriveStreamSeed } from '../weights/random.js';
import { checkLayerArgs, toLayerArgs } from './layer-args.js';
import { readRecurrentCall, type StateSlots } from './layer-call.js';
import {
  type CallArgs,
  firstOf,
  type LayerArgs,
  type LayerInputs,
  type Outputs,
  type Shape,
  type States,
  toList,
  toShapes,
} from './layer-inputs.js';
import { sequenceMask } from './masks.js';
import { RecurrentLayer } from './recurrent-layer.js';

/** How the outputs of the two directions are merged; null returns both. */
export type MergeMode = keyof typeof MERGES | null;

const MERGES = {
  concat: (forward: Tensor, backward: Tensor) => concat([forward, backward], -1),
  sum: (forward: Tensor, backward: Tensor) => add(forward, backward),
  ave: (forward: Tensor, backward: Tensor) => mul(add(forward, backward), 0.5),
  mul: (forward: Tensor, backward: Tensor) => mul(forward, backward),
} as const;

export interface BidirectionalArgs extends LayerArgs {
  /** One of this package's recurrent layers; the wrapper uses copies of it. */
  layer: RecurrentLayer | SavedObject;
  /** The layer of the other direction. Default: a copy of `layer` with the opposite `goBackwards`. */
  backwardLayer?: RecurrentLayer | SavedObject | null;
  /** Default `concat`. */
  mergeMode?: MergeMode;
  /**
   * Whether outputs of padded steps are zero instead of those of the step before. Default, as in Keras: true for sequences.
   * TensorFlow.js's wrapper repeats.
   */
  zeroOutputForMask?: boolean | null;
}

/** The names of the arguments; the compiler checks that they are complete. */
const BIDIRECTIONAL_ARGS = Object.keys({
  layer: true,
  backwardLayer: true,
  mergeMode: true,
  zeroOutputForMask: true,
} satisfies Record<Exclude<keyof BidirectionalArgs, keyof LayerArgs>, true>);

/** See `bidirectional`. */
export class Bidirectional<Several extends boolean = boolean> extends layers.Layer {
  static readonly className = 'SluiceBidirectional';
  readonly forwardLayer: RecurrentLayer;
  readonly backwardLayer: RecurrentLayer;
  private readonly mergeMode: MergeMode;
  private readonly zeroOutputForMask: boolean;

  constructor(args: BidirectionalArgs) {
    if (args?.layer == null) {
      throw new TypeError(
        'bidirectional takes an object with a layer: bidirectional({ layer: gru({ units: 16 }) }).',
      );
    }
    checkLayerArgs('bidirectional', args, BIDIRECTIONAL_ARGS, 'bidirectional({ layer: gru({ units: 16 }) })');
    super(toLayerArgs('bidirectional', args));
    const forward = toRecurrentLayer(this.name, args.layer);
    const backward =
      args.backwardLayer == null
        ? copyForOtherDirection(forward)
        : toRecurrentLayer(this.name, args.backwardLayer);
    checkPair(this.name, forward, backward);
    // As in Keras: in sequences the output of a padded step is zero; without sequences the last output is kept.
    const zeroOutputForMask = args.zeroOutputForMask ?? forward.returnSequences;
    this.zeroOutputForMask = zeroOutputForMask;
    this.forwardLayer = forward.copyWith({ name: prefixName('forward', forward), zeroOutputForMask });
    this.backwardLayer = backward.copyWith({ name: prefixName('backward', forward), zeroOutputForMask });
    this.mergeMode = readMergeMode(this.name, args.mergeMode);
    this._stateful = forward.stateful;
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
    const [output, ...states] = toShapes(this.forwardLayer.computeOutputShape(inputShape));
    const width = output[output.length - 1] as number;
    const merged = [...output.slice(0, -1), (this.mergeMode === 'concat' ? 2 : 1) * width];
    const shapes = [...(this.mergeMode === null ? [merged, merged] : [merged]), ...states, ...states];
    return shapes.length === 1 ? shapes[0] : shapes;
  }

  private get stateListing(): string {
    return `, ${this.forwardLayer.cell.states.length} for each direction`;
  }

  /** The states that a call can start from, the forward layer's first. */
  private stateSlots(inputs: LayerInputs): StateSlots {
    return {
      names: this.pair.flatMap((layer) => layer.cell.states.map((state) => `${state} of ${layer.name}`)),
      widths: this.pair.flatMap((layer) => layer.stateWidthsFor(inputs)),
      listing: this.stateListing,
    };
  }

  /**
   * Applies both layers to a sequence. Initial states are the forward layer's, then the backward layer's.
   * @throws TypeError, RangeError when an input or argument of the call is wrong.
   */
  override apply(inputs: Tensor | Tensor[], kwargs?: CallArgs): Outputs<Tensor, Several>;
  override apply(
    inputs: SymbolicTensor | SymbolicTensor[],
    kwargs?: CallArgs,
  ): Outputs<SymbolicTensor, Several>;
  override apply(inputs: LayerInputs, kwargs?: CallArgs): LayerInputs;
  override apply(inputs: LayerInputs, kwargs?: CallArgs | null): LayerInputs {
    const call = readRecurrentCall(this, this.stateSlots(inputs), inputs, kwargs ?? {});
    return super.apply(call.inputs, call.kwargs);
  }

  override call(inputs: Tensor | Tensor[], kwargs: CallArgs): Tensor | Tensor[] {
    return tidy(() => {
      this.invokeCallHook(inputs, kwargs);
      const { initialState, lengths, training } = kwargs;
      const mask = sequenceMask(this.name, kwargs.mask);
      const stateCount = this.forwardLayer.cell.states.length;
      const initialStates = initialState == null ? undefined : toList(initialState as States);
      const results = this.pair.map((layer, i) => {
        const ownStates = initialStates?.slice(i * stateCount, (i + 1) * stateCount);
        const { sequence, states } = layer.run(firstOf(inputs), {
          mask,
          lengths,
          training,
          initialState: ownStates,
        });
        const output = layer.returnSequences ? this.orderOutputs(sequence) : layer.lastOutput(sequence);
        return { output, states };
      });
      const [forward, backward] = results.map(({ output }) => output);
      const outputs =
        this.mergeMode === null ? [forward, backward] : [MERGES[this.mergeMode](forward, backward)];
      const last = this.forwardLayer.returnState ? results.flatMap((result) => result.states) : [];
      const all = [...outputs, ...last];
      return all.length === 1 ? all[0] : all;
    });
  }

  /** Both outputs are in the order of the forward layer's steps, as in Keras: reversed if it goes backwards. */
  private orderOutputs(sequence: Tensor3D): Tensor {
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

  /** The states from which a stateful pair starts its next batch, the forward layer's first; null stands for zeros. */
  get states(): readonly (Tensor | null)[] {
    return this.pair.flatMap((layer) => layer.states);
  }

  /**
   * Sets the states from which a stateful pair starts its next batch: zeros, or the given states, the forward layer's first.
   * @throws Error when the layers are not stateful, RangeError when the states do not fit.
   */
  override resetStates(states?: States | null): void {
    const newStates = states == null ? this.states.map(() => null) : toList(states);
    const stateCount = this.forwardLayer.cell.states.length;
    if (newStates.length !== 2 * stateCount) {
      throw new RangeError(
        `${this.name} has ${2 * stateCount} states${this.stateListing}, but was given ${newStates.length}.`,
      );
    }
    this.pair.forEach((layer, i) => {
      layer.resetStates(newStates.slice(i * stateCount, (i + 1) * stateCount));
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

  /** The forward layer's, then the backward layer's, also if only one of them is trained. TensorFlow.js has trained ones first. */
  override get weights(): LayerVariable[] {
    return this.pair.flatMap((layer) => layer.weights);
  }

  /** The forward layer's, then the backward layer's. */
  override setWeights(weights: Tensor[]): void {
    const forwardCount = this.forwardLayer.weights.length;
    // TensorFlow.js's method throws an error about the number of weights.
    if (weights.length !== this.weights.length) super.setWeights(weights);
    this.forwardLayer.setWeights(weights.slice(0, forwardCount));
    this.backwardLayer.setWeights(weights.slice(forwardCount));
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
      layer: toSavedObject(this.forwardLayer),
      backwardLayer: toSavedObject(this.backwardLayer),
      mergeMode: this.mergeMode,
      zeroOutputForMask: this.zeroOutputForMask,
    } as unknown as serialization.ConfigDict;
  }
}
serialization.registerClass(Bidirectional);

/** The name of the layer of one direction, for saved weights. The name of a copied layer has a prefix already. */
const prefixName = (direction: string, { name }: RecurrentLayer) =>
  name.startsWith('forward_') ? name.replace('forward', direction) : `${direction}_${name}`;

function toRecurrentLayer(wrapper: string, layer: unknown): RecurrentLayer {
  const restored = layer instanceof layers.Layer ? layer : restoreObject(layer as SavedObject);
  if (restored instanceof RecurrentLayer) return restored;
  throw new TypeError(
    `${wrapper}: bidirectional wraps one of Sluice's recurrent layers (gru, lstm, sru, …), not a ${restored.getClassName()}.`,
  );
}

function copyForOtherDirection(layer: RecurrentLayer): RecurrentLayer {
  return layer.copyWith({
    goBackwards: !layer.goBackwards,
    // With the same seed both directions would start from the same weights.
    ...(layer.seed !== undefined && { seed: deriveStreamSeed(layer.seed, 'otherDirection') }),
  });
}

function checkPair(wrapper: string, forward: RecurrentLayer, backward: RecurrentLayer): void {
  if (forward.goBackwards === backward.goBackwards) {
    throw new RangeError(
      `${wrapper}: layer and backwardLayer must have opposite goBackwards, but both have ${forward.goBackwards}.`,
    );
  }
  for (const key of ['units', 'returnSequences', 'returnState', 'stateful'] as const) {
    if (forward[key] === backward[key]) continue;
    throw new RangeError(
      `${wrapper}: layer and backwardLayer must have the same ${key}, but have ${forward[key]} and ${backward[key]}.`,
    );
  }
}

function readMergeMode(wrapper: string, mergeMode: MergeMode | undefined): MergeMode {
  if (mergeMode === undefined) return 'concat';
  if (mergeMode === null || Object.hasOwn(MERGES, mergeMode)) return mergeMode;
  throw new RangeError(
    `${wrapper}: unknown mergeMode '${mergeMode}'. Known: ${Object.keys(MERGES).join(', ')} and null.`,
  );
}

/**
 * A layer that runs a recurrent layer over a sequence in both directions and merges the outputs: Keras's `Bidirectional`.
 *
 * @throws TypeError, RangeError when a layer is not recurrent, the two layers do not match or the merge mode is unknown.
 */
export const bidirectional = <ReturnState extends boolean = false, Mode extends MergeMode = 'concat'>(
  args: BidirectionalArgs & { layer: RecurrentLayer<ReturnState> | SavedObject; mergeMode?: Mode },
): Bidirectional<Mode extends null ? true : ReturnState> => new Bidirectional(args);
