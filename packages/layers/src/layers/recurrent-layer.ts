import {
  type Cell,
  type InitialValue,
  type ParameterShape,
  type Plan,
  planFor,
  type Sizes,
} from '@sluice/core';
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
import { isSameShape } from '../checks.js';
import type { RecurrentResult } from '../operation/operands.js';
import { runPlan } from '../operation/recurrent.js';
import { checkWeightShape, constrainUpdates, fillBlocks } from '../weights/layer-weights.js';
import { toLayerArgs } from './layer-args.js';
import { readRecurrentCall, type StateSlots, unknownBatchError } from './layer-call.js';
import {
  type CallArgs,
  firstOf,
  type LayerInputs,
  type Outputs,
  type Shape,
  type States,
  toList,
  toShapes,
} from './layer-inputs.js';
import { DropoutMasks, StoredStates } from './layer-state.js';
import { sequenceMask } from './masks.js';
import { type CallSettings, type RecurrentArgs, readCallSettings } from './recurrent-args.js';
import {
  type DefaultInitializers,
  type GroupSettings,
  readWeightSettings,
  settingsOf,
  toWeightConfig,
} from './weight-settings.js';

/**
 * A Keras recurrent layer of any cell. Its weights are the cell's parameters. For Keras's cells they have Keras's names:
 * `kernel`, `recurrent_kernel`, `bias`.
 *
 * Input `[batch, timesteps, features]`; output `[batch, width]`, or `[batch, timesteps, width]` with `returnSequences`,
 * followed by each state with `returnState`. The output and the states of most cells are `units` wide.
 */
export abstract class RecurrentLayer<ReturnState extends boolean = boolean> extends layers.Layer {
  readonly units: number;
  readonly returnSequences: boolean;
  readonly returnState: ReturnState;
  readonly goBackwards: boolean;
  /** Draws the layer's dropout masks and counts them. */
  readonly dropoutMasks: DropoutMasks;
  private readonly settings: CallSettings;
  private readonly weightSettings: GroupSettings;
  private parameterWeights: LayerVariable[] = [];
  /** The sizes that the weights have. The input of a call may differ by mistake. */
  protected sizes!: Sizes;
  private readonly storedStates = new StoredStates();
  /** The batch size at `build`; null when the model does not know it. */
  private builtBatch: number | null = null;
  /** False when a wrapper of another package calls `build` and `call` directly. */
  private isApplied = false;
  /** A prefix of the names of the weights, which a wrapper sets to distinguish its layers. */
  weightScope = '';

  /**
   * @param kind the default name of layers of this class, to which a number is added.
   * @param cellOptions the options of this kind of layer, complete, for saving.
   * @param initializers the default initializers, where they are not Keras's.
   */
  protected constructor(
    kind: string,
    readonly cell: Cell,
    protected readonly args: RecurrentArgs,
    private readonly cellOptions: object,
    initializers: DefaultInitializers = {},
  ) {
    super(toLayerArgs(kind, args));
    this.settings = readCallSettings(this.name, args);
    this.units = args.units;
    this.returnSequences = this.settings.returnSequences;
    this.returnState = this.settings.returnState as ReturnState;
    this.goBackwards = this.settings.goBackwards;
    this._stateful = this.settings.stateful;
    this.weightSettings = readWeightSettings(args, initializers);
    this.dropoutMasks = new DropoutMasks(this.seed);
    this.supportsMasking = true;
    // TensorFlow.js's bidirectional appends the specs of initial states to this list.
    this.inputSpec = [new InputSpec({ ndim: 3 })];
  }

  /** Does nothing: `build` and `run` check the input, with better messages. */
  protected override assertInputCompatibility(): void {}

  get seed(): number | undefined {
    return this.args.seed ?? undefined;
  }

  /** A layer with the same arguments, except for the changes, and with new weights. */
  copyWith(changes: Partial<RecurrentArgs>): RecurrentLayer<ReturnState> {
    const Class = this.constructor as new (args: RecurrentArgs) => RecurrentLayer<ReturnState>;
    return new Class({ ...this.args, ...changes });
  }

  override build(inputShape: Shape | Shape[]): void {
    const [shape] = toShapes(inputShape);
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
    const { initializer, regularizer, constraint } = settingsOf(parameter, this.weightSettings, this.seed);
    const name = parameter.name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
    const weight = this.addWeight(
      this.weightScope + name,
      [...parameter.shape],
      'float32',
      fillBlocks(initializer, parameter, this.blockValues(parameter)),
      regularizer ?? undefined,
    );
    if (constraint) constrainUpdates(weight, constraint);
    // Models and loaders call `write`, not `setWeights`.
    const { write } = weight;
    weight.write = (value) => {
      checkWeightShape(this.name, this.cell, parameter, value.shape);
      return write.call(weight, value) as LayerVariable;
    };
    return weight;
  }

  /** @throws RangeError naming the layer when a weight has another shape. */
  override setWeights(weights: Tensor[]): void {
    if (weights.length === this.parameterWeights.length) {
      const parameters = this.cell.parameters(this.sizes);
      weights.forEach(({ shape }, i) => {
        checkWeightShape(this.name, this.cell, parameters[i], shape);
      });
    }
    super.setWeights(weights);
  }

  /** The start values of blocks that do not start from the initializer's values. */
  protected blockValues(parameter: ParameterShape): Readonly<Record<string, InitialValue | undefined>> {
    return parameter.initial ?? {};
  }

  override computeOutputShape(inputShape: Shape | Shape[]): Shape | Shape[] {
    const [shape] = toShapes(inputShape);
    const [batch, timesteps] = shape;
    const { outputWidth, stateWidths } = planFor(this.cell, this.sizesFor(shape));
    const output = this.returnSequences ? [batch, timesteps, outputWidth] : [batch, outputWidth];
    return this.returnState ? [output, ...stateWidths.map((width) => [batch, width])] : output;
  }

  /** The lengths of the rows of the states, for an input with that number of features. */
  stateWidths(inputSize: number): readonly number[] {
    return this.cell.stateWidths({ inputSize, units: this.units });
  }

  /** The states that a call can start from. */
  private stateSlots(inputs: LayerInputs): StateSlots {
    const names = this.cell.states;
    return { names, widths: this.stateWidthsFor(inputs), listing: ` (${names.join(', ')})` };
  }

  /** The lengths of the rows of the states for the inputs of a call, of which the first is the sequence. */
  stateWidthsFor(inputs: LayerInputs): readonly number[] {
    const [input] = toList<Tensor | SymbolicTensor>(inputs);
    const features = input?.shape?.[2];
    // An input without features is refused when the layer is built or run.
    return this.stateWidths(features || (this.sizes?.inputSize ?? 1));
  }

  /**
   * Applies the layer to a sequence.
   * @throws TypeError, RangeError when an input or argument of the call is wrong.
   */
  override apply(inputs: Tensor | Tensor[], kwargs?: CallArgs): Outputs<Tensor, ReturnState>;
  override apply(
    inputs: SymbolicTensor | SymbolicTensor[],
    kwargs?: CallArgs,
  ): Outputs<SymbolicTensor, ReturnState>;
  override apply(inputs: LayerInputs, kwargs?: CallArgs): LayerInputs;
  override apply(inputs: LayerInputs, kwargs?: CallArgs | null): LayerInputs {
    this.isApplied = true;
    const call = readRecurrentCall(this, this.stateSlots(inputs), inputs, kwargs ?? {});
    return super.apply(call.inputs, call.kwargs);
  }

  override call(inputs: Tensor | Tensor[], kwargs: CallArgs): Tensor | Tensor[] {
    if (this.stateful && !this.isApplied && this.builtBatch === null) throw unknownBatchError(this.name);
    return tidy(() => {
      this.invokeCallHook(inputs, kwargs);
      const { sequence, states } = this.run(firstOf(inputs), kwargs);
      const inOrder = this.returnSequences && this.goBackwards ? reverse(sequence, 1) : sequence;
      const output = this.returnSequences ? inOrder : this.lastOutput(sequence);
      return this.returnState ? [output, ...states] : output;
    });
  }

  /**
   * Runs the cell with this layer's weights, dropout and stored states.
   * @returns the outputs, in the order of the inputs in both directions, and the last states.
   */
  run(input: Tensor, kwargs: CallArgs): RecurrentResult {
    const { dropout, zeroOutputForMask } = this.settings;
    const x = input.dtype === 'float32' ? input : cast(input, 'float32');
    const [batch, , inputSize] = x.shape as number[];
    const training = kwargs.training ?? false;
    const dropped =
      training && dropout > 0 ? mul(x, this.dropoutMasks.draw([batch, 1, inputSize], dropout)) : x;
    const recurrentMasks = this.drawRecurrentMasks(batch, training);
    const result = runPlan(
      this.planWith(recurrentMasks !== undefined),
      dropped as Tensor3D,
      this.parameterWeights.map((weight) => weight.read()),
      {
        initialStates: this.findInitialStates(batch, kwargs),
        mask: sequenceMask(this.name, kwargs.mask),
        lengths: kwargs.lengths ?? undefined,
        maskedOutput: zeroOutputForMask ? 'zero' : 'repeat',
        reverse: this.goBackwards,
        recurrentMasks,
      },
    );
    if (this.stateful) this.storedStates.store(result.states);
    return result;
  }

  /** The call's initial states, else the stored states; undefined for zeros. */
  private findInitialStates(batch: number, { initialState }: CallArgs): readonly Tensor[] | undefined {
    if (initialState == null) return this.storedStates.forBatch(batch, this.name);
    const states = toList(initialState as States);
    if (states.every((state) => state === null)) return undefined;
    const widths = this.stateWidths(this.sizes.inputSize);
    return states.map((state, s) => state ?? zeros([batch, widths[s]]));
  }

  /** The output of the step that was processed last, from outputs in the order of the inputs. */
  lastOutput(sequence: Tensor3D): Tensor {
    const [batch, timesteps, width] = sequence.shape;
    const position = this.goBackwards ? 0 : timesteps - 1;
    return reshape(slice(sequence, [0, position, 0], [batch, 1, width]), [batch, width]);
  }

  private drawRecurrentMasks(batch: number, training: boolean): Tensor[] | undefined {
    const rate = this.settings.recurrentDropout;
    if (!training || rate === 0) return undefined;
    const blocks = this.planWith(true).recurrentMasks;
    return blocks.map(({ width }) => this.dropoutMasks.draw([batch, width], rate));
  }

  /**
   * The states from which a stateful layer starts its next batch, `[batch, units]` each; null stands for zeros. They
   * are valid arguments of `resetStates` and `apply(x, { initialState })`.
   */
  get states(): readonly (Tensor | null)[] {
    return this.storedStates.tensors ?? this.cell.states.map(() => null);
  }

  /**
   * Sets the states from which a stateful layer starts its next batch: zeros, or the given states `[batch, units]`.
   * @throws Error when the layer is not stateful, RangeError when the states do not fit.
   */
  override resetStates(states?: States | null): void {
    if (!this.stateful)
      throw new Error(
        `${this.name} is not stateful, so it has no states to reset; make it with stateful: true.`,
      );
    const newStates = states == null ? this.cell.states.map(() => null) : toList(states);
    const [batch] = newStates.flatMap((state) => (state === null ? [] : [state.shape[0]]));
    const widths = this.stateWidths(this.sizes?.inputSize ?? 1);
    const fits = ({ shape }: Tensor, s: number) => isSameShape(shape, [batch, widths[s]]);
    if (
      newStates.length !== this.cell.states.length ||
      !newStates.every((state, s) => state === null || fits(state, s))
    ) {
      const shapes = newStates.map((state) => JSON.stringify(state?.shape ?? null)).join(', ');
      const expected = this.cell.states.map((state, s) => `${state} [batch, ${widths[s]}]`).join(', ');
      throw new RangeError(`${this.name}: expected the states ${expected}, but was given ${shapes}.`);
    }
    if (batch === undefined) this.storedStates.dispose();
    else tidy(() => this.storedStates.store(newStates.map((state, s) => state ?? zeros([batch, widths[s]]))));
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

  /** Disposes the stored states; the next batch starts from zeros. */
  disposeStates(): void {
    this.storedStates.dispose();
  }

  override getConfig(): serialization.ConfigDict {
    return {
      ...super.getConfig(),
      units: this.units,
      ...this.cellOptions,
      ...toWeightConfig(this.weightSettings),
      ...this.settings,
      seed: this.seed ?? null,
    } as serialization.ConfigDict;
  }
}
