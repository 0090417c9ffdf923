import { type Cell, type ParameterShape, type Plan, planFor, type Sizes } from '@sluice/core';
import {
  cast,
  mul,
  reshape,
  reverse,
  type serialization,
  slice,
  type Tensor,
  type Tensor3D,
  tidy,
  zeros,
} from '@tensorflow/tfjs-core';
import { InputSpec, type LayerVariable, layers, type SymbolicTensor } from '@tensorflow/tfjs-layers';
import { isSameShape } from '../operation/operands.js';
import { runPlan } from '../operation/recurrent.js';
import type { RecurrentResult } from '../operation/recurrent-run.js';
import { withBlockValues } from '../weights/block-initializer.js';
import { initializerFrom } from '../weights/identifiers.js';
import { keepConstrained } from '../weights/layer-weights.js';
import { Orthogonal } from '../weights/orthogonal.js';
import { streamSeed } from '../weights/random.js';
import type { Initializer } from '../weights/weight-rules.js';
import { checkWeightShape } from '../weights/weight-shape.js';
import { DropoutMasks } from './dropout-masks.js';
import { layerArgs } from './layer-args.js';
import { recurrentCall, type StateSlots, unknownBatch } from './layer-call.js';
import type { CallArgs, LayerInputs, Outputs, Shape, States } from './layer-inputs.js';
import { StoredStates } from './layer-state.js';
import { first, listed, shapesOf } from './one-or-several.js';
import {
  type CallSettings,
  callSettings,
  type DefaultInitializers,
  type RecurrentArgs,
  type WeightGroup,
  type WeightSettings,
  weightConfig,
  weightSettings,
} from './recurrent-args.js';
import { sequenceMask } from './sequence-mask.js';

const DEFAULT_INITIALIZERS: DefaultInitializers = {
  kernel: 'glorotUniform',
  recurrent: 'orthogonal',
  bias: 'zeros',
};

/**
 * A Keras recurrent layer over any cell. Its weights are the cell's parameters, under Keras's names where Keras has the
 * cell: `kernel`, `recurrent_kernel`, `bias`.
 *
 * Input `[batch, timesteps, features]`; output `[batch, units]`, or `[batch, timesteps, units]` with `returnSequences`;
 * behind it, with `returnState`, each state `[batch, units]`.
 */
export abstract class RecurrentLayer<ReturnState extends boolean = boolean> extends layers.Layer {
  readonly units: number;
  readonly returnSequences: boolean;
  readonly returnState: ReturnState;
  readonly goBackwards: boolean;
  /** The masks drawn so far, and how many. */
  readonly dropoutMasks: DropoutMasks;
  private readonly settings: CallSettings;
  private readonly weightSettings: Readonly<Record<WeightGroup, WeightSettings>>;
  private parameterWeights: LayerVariable[] = [];
  /** What the weights are for; the input of a call may be wrong. */
  private sizes!: Sizes;
  private readonly stored = new StoredStates();
  /** Null when a model that does not know its batch size built the layer. */
  private builtBatch: number | null = null;
  /** False in the layers that another package's wrapper builds and calls. */
  private isApplied = false;
  /** What a wrapper puts before the names of this layer's weights, to tell them from another's. */
  weightScope = '';

  /**
   * @param kind what unnamed layers of this class are called, with a number behind.
   * @param own the options of this kind of layer, complete, as they are saved.
   */
  protected constructor(
    kind: string,
    readonly cell: Cell,
    protected readonly args: RecurrentArgs,
    private readonly own: object,
    defaults: Partial<DefaultInitializers> = {},
  ) {
    super(layerArgs(kind, args));
    this.settings = callSettings(this.name, args);
    this.units = args.units;
    this.returnSequences = this.settings.returnSequences;
    this.returnState = this.settings.returnState as ReturnState;
    this.goBackwards = this.settings.goBackwards;
    this._stateful = this.settings.stateful;
    this.weightSettings = weightSettings(args, { ...DEFAULT_INITIALIZERS, ...defaults });
    this.dropoutMasks = new DropoutMasks(this.seed);
    this.supportsMasking = true;
    // TensorFlow.js's bidirectional adds the specs of initial states to it.
    this.inputSpec = [new InputSpec({ ndim: 3 })];
  }

  /** `build` and `run` check the input, and say more. */
  protected override assertInputCompatibility(): void {}

  get seed(): number | undefined {
    return this.args.seed ?? undefined;
  }

  /** A layer like this one, with fresh weights and some arguments changed. */
  copyWith(changes: Partial<RecurrentArgs>): RecurrentLayer<ReturnState> {
    const Class = this.constructor as new (args: RecurrentArgs) => RecurrentLayer<ReturnState>;
    return new Class({ ...this.args, ...changes });
  }

  override build(inputShape: Shape | Shape[]): void {
    const [shape] = shapesOf(inputShape);
    this.sizes = this.sizesFor(shape);
    this.builtBatch = shape[0];
    this.parameterWeights = this.cell.parameters(this.sizes).map((parameter) => this.addParameter(parameter));
    const { recurrentDropout } = this.settings;
    if (recurrentDropout > 0 && this.planWith(true).recurrentMasks.length === 0) {
      throw new RangeError(
        `${this.name}: recurrentDropout is ${recurrentDropout}, but the cell '${this.cell.name}' has no recurrent kernel; ` +
          'use dropout instead.',
      );
    }
    this.built = true;
  }

  private sizesFor(shape: Shape): Sizes {
    const inputSize = shape.length === 3 ? shape[2] : null;
    if (inputSize == null) {
      throw new RangeError(
        `${this.name}: the input must have the shape [batch, timesteps, features] with a known number of features, ` +
          `but has ${JSON.stringify(shape)}.`,
      );
    }
    return { inputSize, units: this.units };
  }

  private planWith(recurrentDropout: boolean): Plan {
    return planFor(this.cell, this.sizes, { recurrentDropout });
  }

  private addParameter(parameter: ParameterShape): LayerVariable {
    const { regularizer, constraint } = this.weightSettings[this.groupOf(parameter)];
    const initializer = this.initializerOf(parameter);
    const name = parameter.name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
    const weight = this.addWeight(
      this.weightScope + name,
      [...parameter.shape],
      'float32',
      withBlockValues(initializer, parameter, this.blockValues(parameter)),
      regularizer ?? undefined,
    );
    if (constraint) keepConstrained(weight, constraint);
    // Models and files write weights without setWeights.
    const { write } = weight;
    weight.write = (value) => {
      checkWeightShape(this.name, this.cell, parameter, value.shape);
      return write.call(weight, value) as LayerVariable;
    };
    return weight;
  }

  /** @throws RangeError naming the layer when weights have other shapes. */
  override setWeights(weights: Tensor[]): void {
    if (weights.length === this.parameterWeights.length) {
      const parameters = this.cell.parameters(this.sizes);
      weights.forEach(({ shape }, i) => {
        checkWeightShape(this.name, this.cell, parameters[i], shape);
      });
    }
    super.setWeights(weights);
  }

  private initializerOf(parameter: ParameterShape): Initializer {
    const { initializer } = this.weightSettings[this.groupOf(parameter)];
    const orthogonal = ['Orthogonal', Orthogonal.className].includes(initializer.getClassName());
    if (parameter.role !== 'recurrentVector' || !orthogonal) return initializer;
    const seed = this.seed === undefined ? undefined : streamSeed(this.seed, 'recurrentVector');
    return initializerFrom('glorotUniform', seed);
  }

  /** The values that blocks of a parameter start from, where it is not the initializer's. */
  protected blockValues(parameter: ParameterShape): Readonly<Record<string, number | undefined>> {
    return parameter.initial ?? {};
  }

  private groupOf({ role }: ParameterShape): WeightGroup {
    return role === 'kernel' || role === 'bias' ? role : 'recurrent';
  }

  override computeOutputShape(inputShape: Shape | Shape[]): Shape | Shape[] {
    const [[batch, timesteps]] = shapesOf(inputShape);
    const output = this.returnSequences ? [batch, timesteps, this.units] : [batch, this.units];
    return this.returnState ? [output, ...this.cell.states.map(() => [batch, this.units])] : output;
  }

  /** The states that a call may start from. */
  private get stateSlots(): StateSlots {
    const names = this.cell.states;
    return { names, units: this.units, listing: ` (${names.join(', ')})` };
  }

  /**
   * Applies the layer to a sequence.
   * @throws TypeError, RangeError when there is something in the call that the layer cannot use.
   */
  override apply(inputs: Tensor | Tensor[], kwargs?: CallArgs): Outputs<Tensor, ReturnState>;
  override apply(
    inputs: SymbolicTensor | SymbolicTensor[],
    kwargs?: CallArgs,
  ): Outputs<SymbolicTensor, ReturnState>;
  override apply(inputs: LayerInputs, kwargs?: CallArgs): LayerInputs;
  override apply(inputs: LayerInputs, kwargs?: CallArgs | null): LayerInputs {
    this.isApplied = true;
    const call = recurrentCall(this, this.stateSlots, inputs, kwargs ?? {});
    return super.apply(call.inputs, call.kwargs);
  }

  override call(inputs: Tensor | Tensor[], kwargs: CallArgs): Tensor | Tensor[] {
    if (this.stateful && !this.isApplied && this.builtBatch === null) throw unknownBatch(this.name);
    return tidy(() => {
      this.invokeCallHook(inputs, kwargs);
      const { sequence, states } = this.run(first(inputs), kwargs);
      const inOrder = this.returnSequences && this.goBackwards ? reverse(sequence, 1) : sequence;
      const output = this.returnSequences ? inOrder : this.lastOutput(sequence);
      return this.returnState ? [output, ...states] : output;
    });
  }

  /**
   * Runs the cell with this layer's weights, dropout and stored states.
   * @returns outputs at their inputs' positions, whatever the direction, and the last states.
   */
  run(given: Tensor, kwargs: CallArgs): RecurrentResult {
    const { dropout, zeroOutputForMask } = this.settings;
    const x = given.dtype === 'float32' ? given : cast(given, 'float32');
    const [batch, , inputSize] = x.shape as number[];
    const training = kwargs.training ?? false;
    const dropped =
      training && dropout > 0 ? mul(x, this.dropoutMasks.draw([batch, 1, inputSize], dropout)) : x;
    const recurrentMasks = this.recurrentMasks(batch, training);
    const result = runPlan(
      this.planWith(recurrentMasks !== undefined),
      dropped as Tensor3D,
      this.parameterWeights.map((weight) => weight.read()),
      {
        initialStates: this.initialStates(batch, kwargs),
        mask: sequenceMask(this.name, kwargs.mask),
        lengths: kwargs.lengths ?? undefined,
        maskedOutput: zeroOutputForMask ? 'zero' : 'repeat',
        reverse: this.goBackwards,
        recurrentMasks,
      },
    );
    if (this.stateful) this.stored.store(result.states);
    return result;
  }

  /** The initial states of the call, else the stored states; undefined for zeros. */
  private initialStates(batch: number, { initialState }: CallArgs): readonly Tensor[] | undefined {
    if (initialState == null) return this.stored.forBatch(batch, this.name);
    const given = listed(initialState as States);
    if (given.every((state) => state === null)) return undefined;
    return given.map((state) => state ?? zeros([batch, this.units]));
  }

  /** The output of the step that was processed last, from outputs at their inputs' positions. */
  lastOutput(sequence: Tensor3D): Tensor {
    const [batch, timesteps] = sequence.shape;
    const position = this.goBackwards ? 0 : timesteps - 1;
    return reshape(slice(sequence, [0, position, 0], [batch, 1, this.units]), [batch, this.units]);
  }

  private recurrentMasks(batch: number, training: boolean): Tensor[] | undefined {
    const rate = this.settings.recurrentDropout;
    if (!training || rate === 0) return undefined;
    const blocks = this.planWith(true).recurrentMasks;
    return blocks.map(() => this.dropoutMasks.draw([batch, this.units], rate));
  }

  /**
   * The states that a stateful layer starts its next batch with, `[batch, units]` each; null stands for zeros. They
   * fit `resetStates` and `apply(x, { initialState })`.
   */
  get states(): readonly (Tensor | null)[] {
    return this.stored.tensors ?? this.cell.states.map(() => null);
  }

  /**
   * Makes a stateful layer start its next batch with zeros, or with the given states `[batch, units]`.
   * @throws Error when the layer is not stateful, RangeError when the states do not fit.
   */
  override resetStates(states?: States | null): void {
    if (!this.stateful)
      throw new Error(
        `${this.name} is not stateful, so it has no states to reset; make it with stateful: true.`,
      );
    const given = states == null ? this.cell.states.map(() => null) : listed(states);
    const [batch] = given.flatMap((state) => (state === null ? [] : [state.shape[0]]));
    const fits = ({ shape }: Tensor) => isSameShape(shape, [batch, this.units]);
    if (given.length !== this.cell.states.length || !given.every((state) => state === null || fits(state))) {
      const shapes = given.map((state) => JSON.stringify(state?.shape ?? null)).join(', ');
      const wanted = this.cell.states.map((state) => `${state} [batch, ${this.units}]`).join(', ');
      throw new RangeError(`${this.name}: expected the states ${wanted}, but was given ${shapes}.`);
    }
    if (batch === undefined) this.stored.dispose();
    else tidy(() => this.stored.store(given.map((state) => state ?? zeros([batch, this.units]))));
  }

  override computeMask(_inputs: Tensor | Tensor[], mask?: Tensor | Tensor[]): Tensor | Tensor[] {
    const output = this.returnSequences ? (sequenceMask(this.name, mask) ?? null) : null;
    const masks = this.returnState ? [output, ...this.cell.states.map(() => null)] : output;
    // tfjs-layers takes null for "no mask", though its types do not say so.
    return masks as Tensor | Tensor[];
  }

  override dispose(): ReturnType<layers.Layer['dispose']> {
    const result = super.dispose();
    if (result.refCountAfterDispose === 0) this.disposeStates();
    return result;
  }

  /** Frees the states a stateful layer holds; it starts its next batch with zeros. */
  disposeStates(): void {
    this.stored.dispose();
  }

  override getConfig(): serialization.ConfigDict {
    return {
      ...super.getConfig(),
      units: this.units,
      ...this.own,
      ...weightConfig(this.weightSettings),
      ...this.settings,
      seed: this.seed ?? null,
    } as serialization.ConfigDict;
  }
}
