import type { NodeId } from '../equations/operations.js';
import { gradientOf, type StepGradient } from '../gradient/step-gradient.js';
import type { GraphBuilder } from '../graph/graph.js';
import { isInputProjection } from '../graph/products.js';
import { outputState, type Plan } from '../plan/plan.js';
import type { Store } from '../plan/schedule.js';
import {
  type Buffers,
  collectBuffers,
  columnsOf,
  copyStage,
  type GivenRows,
  givenBuffer,
  givenRows,
  type LoopOptions,
  type MaskedGraph,
  maskGraph,
  parameterGradient,
  resultBuffer,
  transposedName,
  weightsOf,
} from './build.js';
import type { CarriedRow, CarriedWork, Carry } from './carried-rows.js';
import { NOTHING } from './forward-loop.js';
import type {
  Carried,
  Loop,
  LoopBuffer,
  LoopStage,
  ParallelLoop,
  Reference,
  RowsProduct,
  StepProduct,
  WeightsProduct,
} from './loop.js';
import { savedState, savedValue } from './saved.js';
import { formStages, type StepSource } from './step-stages.js';

/**
 * The gradient of a plan over a sequence, from the last processed step to the first. Its steps leave the cotangents of the
 * products' results; the matrix products after them give the gradients of the matrices and of x.
 */
export const gradientLoop = (plan: Plan, options: LoopOptions): Loop =>
  new GradientLoop(plan, options).build() as Loop;

/** The same over all steps at once; null if its recurrences are not linear. */
export const parallelGradientLoop = (plan: Plan, options: LoopOptions, carry: Carry): ParallelLoop | null =>
  new GradientLoop(plan, options, carry).build();

class GradientLoop implements StepSource {
  readonly buffers: Buffers;
  readonly productsReadStores = true;
  private readonly given: GivenRows;
  private readonly gradient: StepGradient;
  private readonly graph: MaskedGraph;
  readonly builder: GraphBuilder;
  carried: CarriedWork | undefined;
  private readonly passed: Carried[] = [];
  /** What a step does for the gradient of x, if it does. */
  private readonly toInput: LoopStage<RowsProduct>[] = [];
  private readonly after: LoopStage<RowsProduct | WeightsProduct>[] = [];
  private readonly saved: ReadonlyMap<NodeId, Reference>;
  private readonly states: readonly number[];
  private readonly stateCotangents: readonly number[];
  private readonly newStates: ReadonlyMap<NodeId, number>;
  private readonly repeatedState: number | undefined;
  /** The buffer of the cotangents of later, padded steps; −1 without. */
  private readonly repeated: number;
  /** The cotangent of each product's results. Equal ones are the same object, so that a device prepares it once. */
  private readonly cotangents: readonly Reference[];
  private readonly parameterGradients: readonly LoopBuffer[];

  /** @param carry how rows pass from step to step in a parallel loop. */
  constructor(
    readonly plan: Plan,
    private readonly options: LoopOptions,
    private readonly carry?: Carry,
  ) {
    const buffers = collectBuffers(carry !== undefined);
    this.buffers = buffers;
    this.given = givenRows(buffers, plan, options);
    this.gradient = gradientOf(plan);
    this.repeatedState = outputState(plan);
    this.graph = maskGraph(plan, this.gradient.nodes, options.masked !== 'no', this.repeatsOutput());
    this.builder = this.graph.builder;
    const values = this.gradient.savedValues.map(
      (id, i) => [this.graph.of(id), buffers.rows(savedValue(i, plan.widths[id]))] as const,
    );
    this.saved = new Map(values);
    this.states = plan.states.map((_, s) => buffers.add(savedState(plan, s)));
    this.newStates = new Map(plan.newStates.map((id, s) => [this.graph.of(id), s]));
    this.stateCotangents = plan.stateWidths.map((width, s) =>
      this.addPassedBack(`cotangent of state ${s}`, width, {
        initial: buffers.add(givenBuffer({ kind: 'stateCotangent', index: s }, 'batch', width)),
        final: buffers.add(resultBuffer({ kind: 'initialStateGradient', index: s }, 'batch', width)),
      }),
    );
    this.repeated = this.repeatsOutput()
      ? this.addPassedBack('repeated cotangent', plan.outputWidth, {})
      : -1;
    this.cotangents = this.cotangentsOfProducts();
    this.parameterGradients = plan.parameters.map((_, parameter) => parameterGradient(plan, parameter));
  }

  build(): ParallelLoop | null {
    const { plan, given, buffers, carry, options } = this;
    const rows = this.carriedRows();
    const carried = carry?.(this.builder, rows, plan.products.length);
    if (carried === null) return null;
    this.carried = carried;
    const { steps } = formStages(this, rows, this.stores(), []);
    this.addProductsAfter();
    const ofInput = given.copyOfInput();
    return {
      name: `${plan.cell.name} gradient`,
      direction: -1,
      byRows: options.byRows && (-options.byRows as 1 | -1),
      buffers: buffers.list,
      carried: this.passed,
      before: options.inSteps ? [] : [...ofInput, ...(carry ? steps : [])],
      body: carry
        ? []
        : [...(options.inSteps ? ofInput : []), ...(steps as LoopStage<StepProduct>[]), ...this.toInput],
      after: this.after,
    };
  }

  /** A buffer of rows that pass from a step to the one before it: read `after` the step, written `before` it. */
  private addPassedBack(name: string, width: number, more: Omit<Carried, 'buffer'>): number {
    const buffer = this.buffers.add({ name, rows: 'states', width, life: 'scratch' });
    this.passed.push({ buffer, ...more });
    return buffer;
  }

  private state(s: number, at: 'before' | 'after'): Reference {
    return { buffer: this.states[s], at, column: 0, width: this.plan.stateWidths[s] };
  }

  private stateCotangent(s: number, at: 'before' | 'after'): Reference {
    return { buffer: this.stateCotangents[s], at, column: 0, width: this.plan.stateWidths[s] };
  }

  /** Whether a padded step repeats an output that is not a state. */
  private repeatsOutput(): boolean {
    return this.options.masked === 'repeat' && this.repeatedState === undefined;
  }

  private repeatedCotangent(at: 'before' | 'after'): Reference {
    return { buffer: this.repeated, at, column: 0, width: this.plan.outputWidth };
  }

  private cotangentBuffer(buffer: number): Reference {
    const width = this.gradient.blockWidths[buffer].reduce((sum, columns) => sum + columns, 0);
    return this.buffers.rows({ name: `product cotangent ${buffer}`, rows: 'steps', width, life: 'scratch' });
  }

  private cotangentsOfProducts(): Reference[] {
    const { blockWidths, places } = this.gradient;
    const known = new Map<string, Reference>();
    return this.plan.products.map(({ columns }, index) => {
      const { buffer, firstBlock } = places[index];
      const column = blockWidths[buffer].slice(0, firstBlock).reduce((sum, width) => sum + width, 0);
      const key = `${buffer} ${column} ${columns}`;
      const found = known.get(key) ?? columnsOf(this.cotangentBuffer(buffer), column, columns);
      known.set(key, found);
      return found;
    });
  }

  /** The gradient of x, in the order in which the loop reads x. */
  private inputGradient(): Reference {
    const { inputSize: width } = this.plan;
    return this.isGradientCopied()
      ? this.buffers.rows({ name: 'x gradient in order', rows: 'steps', width, life: 'scratch' })
      : this.gradientOfInput(this.options.x === 'steps' ? 'steps' : 'sequence');
  }

  private gradientOfInput(rows: 'steps' | 'sequence'): Reference {
    return this.buffers.rows(resultBuffer({ kind: 'xGradient' }, rows, this.plan.inputSize));
  }

  private isGradientCopied(): boolean {
    return this.options.x === 'copied' && !this.options.inSteps;
  }

  private transposed(product: number): Reference {
    return this.buffers.scratch(transposedName(product), this.plan.products[product].rows);
  }

  readonly product = (id: NodeId) => {
    const node = this.builder.nodes[id];
    if (node.kind !== 'transposedProduct') return undefined;
    return { index: node.product, slot: this.transposed(node.product) };
  };

  readonly workOf = (index: number): RowsProduct => this.back(index, this.transposed(index), false);

  readonly value = (index: number, width: number): Reference =>
    this.buffers.scratch(`gradient value ${index}`, width);

  readonly leaf = (id: NodeId): Reference | null => {
    const saved = this.saved.get(id);
    if (saved !== undefined) return saved;
    const node = this.graph.builder.nodes[id];
    if (node.kind === 'state') return this.state(node.state, 'before');
    if (node.kind === 'outputCotangent') {
      return this.buffers.rows(givenBuffer({ kind: 'outputCotangent' }, 'sequence', node.width));
    }
    if (node.kind === 'repeatedCotangent') return this.repeatedCotangent('after');
    if (node.kind === 'stateCotangent') return this.stateCotangent(node.state, 'after');
    const given = this.given.find(node);
    if (given) return given;
    const state = this.newStates.get(id);
    if (state !== undefined && node.kind !== 'constant') return this.state(state, 'after');
    if (id !== this.graph.of(this.plan.output) || node.kind === 'constant') return null;
    return this.buffers.rows(givenBuffer({ kind: 'output' }, 'sequence', this.plan.outputWidth));
  };

  private stores(): Store<Reference>[] {
    const { plan, graph } = this;
    const { buffers: blocks, blockWidths, vectors, input } = this.gradient;
    const store = (id: NodeId, slot: Reference): Store<Reference> => ({
      node: graph.zeroIfPadded(graph.of(id)),
      slot,
      width: slot.width,
    });
    const cotangents = blocks.flatMap((ids, buffer) => {
      let column = 0;
      return ids.map((id, block) => {
        const width = blockWidths[buffer][block];
        column += width;
        return store(id, columnsOf(this.cotangentBuffer(buffer), column - width, width));
      });
    });
    const sums = vectors.map(({ node, parameter, block }) => {
      const { width } = plan.parameters[parameter];
      const gradient = this.buffers.rows(this.parameterGradients[parameter]);
      return store(node, { ...columnsOf(gradient, block * width, width), sum: true });
    });
    const toInput = this.isInputWrittenFirst() ? [] : [store(input ?? this.zero(), this.inputGradient())];
    return [...cotangents, ...sums, ...toInput];
  }

  /** The cotangents of states and what else passes from a step to the one before it. */
  private carriedRows(): CarriedRow[] {
    const { graph, repeatedState } = this;
    const { builder } = graph;
    const { outputWidth: width } = this.plan;
    const isRepeating = this.options.masked === 'repeat';
    const output = builder.intern({ kind: 'outputCotangent', width });
    const rows = this.gradient.previousStates.map((id, state): CarriedRow => {
      const variable = builder.intern({ kind: 'stateCotangent', state });
      // A padded step repeats the state as output, so the output's cotangent is added to that state's.
      const isRepeated = isRepeating && state === repeatedState;
      const atPadded = isRepeated ? builder.apply('add', variable, output) : variable;
      const next = graph.unlessPadded(graph.of(id), atPadded);
      return {
        variable,
        next,
        from: this.stateCotangent(state, 'after'),
        to: this.stateCotangent(state, 'before'),
      };
    });
    if (this.repeated < 0) return rows;
    // The cotangents of padded steps pass to the step whose output they repeat.
    const variable = builder.intern({ kind: 'repeatedCotangent', width });
    const next = graph.unlessPadded(builder.constant(0), builder.apply('add', output, variable));
    return [
      ...rows,
      { variable, next, from: this.repeatedCotangent('after'), to: this.repeatedCotangent('before') },
    ];
  }

  /** The constant 0, which every gradient has. */
  private zero(): NodeId {
    return this.gradient.nodes.findIndex((node) => node.kind === 'constant' && node.value === 0);
  }

  /** Whether a product overwrites all columns of the gradient of x, so that no program has to. */
  private isInputWrittenFirst(): boolean {
    const { gradient } = this;
    const { products, inputSize } = this.plan;
    const first = products.find(isInputProjection);
    return gradient.input === null && first !== undefined && first.operand.width === inputSize;
  }

  /** `cotangent × weightsᵀ`. */
  private back(index: number, result: Reference, accumulate: boolean): RowsProduct {
    const left = this.cotangents[index];
    return { kind: 'rows', left, weights: this.given.weights(index), transposed: true, result, accumulate };
  }

  private addProductsAfter(): void {
    const { plan, buffers } = this;
    const distinct = [...new Set(this.cotangents)];
    const ofWeights = [...plan.products.keys()].sort(
      (a, b) => distinct.indexOf(this.cotangents[a]) - distinct.indexOf(this.cotangents[b]) || a - b,
    );
    const deep = ofWeights.map((index): WeightsProduct => {
      const buffer = buffers.add(this.parameterGradients[plan.products[index].parameter]);
      const result = { buffer, ...weightsOf(plan, index) };
      const [left, right] = [this.operand(index), this.cotangents[index]];
      return { kind: 'weights', left, right, result, ...this.maskOf(index) };
    });
    const dx = this.inputGradient();
    let isWritten = !this.isInputWrittenFirst();
    const toInput = plan.products.flatMap(({ operand }, index) => {
      if (operand.kind !== 'input') return [];
      const product = this.back(index, columnsOf(dx, operand.start, operand.width), isWritten);
      isWritten = true;
      return [product];
    });
    for (const gradient of this.parameterGradients) buffers.add(gradient);
    const { inSteps } = this.options;
    this.after.push({ products: inSteps ? deep : [...deep, ...toInput], width: 1, program: NOTHING });
    if (inSteps) this.toInput.push({ products: toInput, width: 1, program: NOTHING });
    if (this.isGradientCopied()) this.after.push(copyStage(dx, this.gradientOfInput('sequence')));
  }

  /** The mask of a product over all steps. Values that products read are zeros at padded steps anyway. */
  private maskOf(index: number): { readonly mask?: Reference } {
    const { masked, x } = this.options;
    const isClean = masked === 'no' || x !== 'sequence' || this.plan.products[index].operand.kind === 'value';
    return isClean ? {} : { mask: this.given.mask() };
  }

  /** The operand of a product in all steps. */
  private operand(index: number): Reference {
    const { operand } = this.plan.products[index];
    const { start, width } = operand;
    if (operand.kind === 'input') return columnsOf(this.given.input(), start, width);
    if (operand.kind === 'state') return columnsOf(this.cleanState(operand.state), start, width);
    return columnsOf(this.savedOperand(operand.index), start, width);
  }

  private savedOperand(index: number): Reference {
    return this.buffers.rows(savedValue(index, this.plan.widths[this.gradient.savedValues[index]]));
  }

  /** A state before the steps, with zeros at padded steps: a NaN there must not reach the gradients of matrices. */
  private cleanState(s: number): Reference {
    const rows = this.state(s, 'before');
    if (this.options.masked === 'no' || this.options.x === 'sequence') return rows;
    const name = `state ${s} without padding`;
    const isNew = this.buffers.list.every((buffer) => buffer.name !== name);
    const clean = this.buffers.rows({ name, rows: 'steps', width: rows.width, life: 'scratch' });
    if (isNew) this.after.push(this.given.cleaningStage(rows, clean));
    return clean;
  }
}
