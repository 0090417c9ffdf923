import type { NodeId } from '../equations/operations.js';
import { type Node, withOperands } from '../graph/graph.js';
import { isInputProjection, type Product } from '../graph/products.js';
import { outputState, type Plan } from '../plan/plan.js';
import type { Store } from '../plan/schedule.js';
import {
  Buffers,
  columnsOf,
  GivenBuffers,
  givenBuffer,
  type LoopOptions,
  MaskedGraph,
  productName,
  resultBuffer,
} from './build.js';
import type { CarriedRow, Carry } from './carried-rows.js';
import type { Carried, Loop, LoopStage, ParallelLoop, Reference, RowsProduct, StepProduct } from './loop.js';
import { savedState, savedValue } from './saved.js';
import { type PlaceOf, StepStages } from './step-stages.js';

/** The forward pass of a plan over a sequence; with a list of values it saves these and the states for the gradient. */
export const forwardLoop = (plan: Plan, options: LoopOptions, saved?: readonly NodeId[]): Loop =>
  new ForwardLoop(plan, options, saved).build() as Loop;

/** The same over all steps at once; null if its recurrences are not linear. */
export const parallelForwardLoop = (
  plan: Plan,
  options: LoopOptions,
  saved: readonly NodeId[] | undefined,
  carry: Carry,
): ParallelLoop | null => new ForwardLoop(plan, options, saved, carry).build();

class ForwardLoop extends StepStages {
  protected readonly buffers: Buffers;
  protected readonly graph: MaskedGraph;
  private readonly given: GivenBuffers;
  private readonly passed: Carried[] = [];
  private readonly states: readonly number[];
  /** The product of each result, and the result's place. */
  private readonly results = new Map<NodeId, { readonly index: number; readonly slot: Reference }>();

  /** @param carry how rows pass from step to step in a parallel loop. */
  constructor(
    plan: Plan,
    private readonly options: LoopOptions,
    private readonly saved: readonly NodeId[] | undefined,
    carry?: Carry,
  ) {
    super(plan, carry);
    this.buffers = new Buffers(carry !== undefined);
    this.given = new GivenBuffers(this.buffers, plan, options);
    this.graph = new MaskedGraph(plan, plan.nodes, options.masked !== 'no');
    // In the order of the saved layout, whether or not the schedule comes to use them.
    saved?.forEach((id, index) => {
      this.buffers.add(savedValue(index, plan.widths[id]));
    });
    this.states = plan.states.map((_, s) => this.addState(s));
  }

  build(): ParallelLoop | null {
    const { plan, given, buffers, carry, options } = this;
    const output = this.output();
    const rows = this.carriedRows(output);
    if (!this.passOn(rows)) return null;
    plan.products.forEach((product, index) => {
      this.addResults(product, index);
    });
    const { steps, placeOf } = this.stages(rows, [output], this.keptValues());
    const projections = [...plan.products.keys()]
      .filter((index) => isInputProjection(plan.products[index]))
      .map((index) => this.workOf(index, placeOf));
    const ofInput = [
      ...given.copyOfInput(),
      ...(projections.length > 0 ? [{ products: projections, width: 1, program: NOTHING }] : []),
    ];
    return {
      name: `${plan.cell.name} forward`,
      direction: 1,
      buffers: buffers.list,
      carried: this.passed,
      before: options.inSteps ? [] : [...ofInput, ...(carry ? steps : [])],
      body: carry ? [] : [...(options.inSteps ? ofInput : []), ...(steps as LoopStage<StepProduct>[])],
      after: [],
    };
  }

  protected workOf(index: number, placeOf: PlaceOf): RowsProduct {
    const { plan, graph, given } = this;
    const node = graph.builder.nodes[graph.of(plan.products[index].results[0])];
    if (node.kind !== 'product') throw new Error('the result of a product is not a product');
    return {
      kind: 'rows',
      left: placeOf(this.of(node.operand)),
      weights: given.weights(index),
      transposed: false,
      result: this.resultOf(index),
      accumulate: false,
    };
  }

  protected product(id: NodeId) {
    return this.results.get(id);
  }

  private addState(s: number): number {
    const width = this.plan.stateWidths[s];
    const saved = savedState(this.plan, s);
    const buffer = this.buffers.add(this.saved ? saved : { ...saved, life: 'scratch' });
    const initial = this.buffers.add(givenBuffer({ kind: 'initialState', index: s }, 'batch', width));
    const final = this.buffers.add(resultBuffer({ kind: 'finalState', index: s }, 'batch', width));
    this.passed.push({ buffer, initial, final });
    return buffer;
  }

  private state(s: number, at: 'before' | 'after'): Reference {
    return { buffer: this.states[s], at, column: 0, width: this.plan.stateWidths[s] };
  }

  /** The output of the step before, which padded steps repeat. */
  private lastOutput(at: 'before' | 'after'): Reference {
    const { outputWidth: width } = this.plan;
    const rows = this.buffers.rows({ name: 'last output', rows: 'states', width, life: 'scratch' }, at);
    const { buffer } = rows;
    if (this.passed.every((other) => other.buffer !== buffer)) this.passed.push({ buffer });
    return rows;
  }

  private resultOf(index: number): Reference {
    const product = this.plan.products[index];
    const { columns: width } = product;
    const name = productName(index);
    return isInputProjection(product) && !this.options.inSteps
      ? this.buffers.rows({ name, rows: 'steps', width, life: 'scratch' })
      : this.buffers.scratch(name, width);
  }

  private addResults({ results }: Product, index: number): void {
    const { builder } = this.graph;
    let column = 0;
    for (const id of results) {
      // The product itself, also where its result is a state, which is read from elsewhere.
      const node = builder.intern(
        withOperands(builder.nodes[this.graph.of(id)], (operand) => this.of(operand)),
      );
      const width = builder.widths[node];
      this.results.set(node, { index, slot: columnsOf(this.resultOf(index), column, width) });
      column += width;
    }
  }

  /** The values that are saved, and those that products of a step read. */
  private keptValues(): NodeId[] {
    const { plan, graph } = this;
    const operands = new Set(plan.operandValues);
    const kept = (id: NodeId) => this.of(operands.has(id) ? graph.zeroIfPadded(graph.of(id)) : graph.of(id));
    const isOperation = (id: NodeId) => graph.builder.nodes[id].kind === 'operation';
    return this.saved?.map(kept) ?? plan.operandValues.map(kept).filter(isOperation);
  }

  /** The place of a value that no program and no product of a step computes, else null. */
  protected leaf(id: NodeId): Reference | null {
    const node = this.graph.builder.nodes[id];
    if (node.kind === 'state') return this.state(node.state, 'before');
    if (node.kind === 'lastOutput') return this.lastOutput('before');
    const result = this.results.get(id);
    if (result && isInputProjection(this.plan.products[result.index])) return result.slot;
    return this.given.find(node);
  }

  protected value(index: number, width: number): Reference {
    const saved = this.saved?.[index];
    return saved !== undefined
      ? this.buffers.rows(savedValue(index, this.plan.widths[saved]))
      : this.buffers.scratch(`value ${index}`, width);
  }

  /** The states and what else passes from step to step. */
  private carriedRows(output: Store<Reference>): CarriedRow[] {
    const { plan, graph } = this;
    const rows = plan.newStates.map((id, state): CarriedRow => {
      const variable = graph.builder.intern({ kind: 'state', state });
      const same = graph.of(id);
      const next = graph.unlessPadded(same, variable);
      return { variable, next, same, from: this.state(state, 'before'), to: this.state(state, 'after') };
    });
    // A padded step repeats an output that is not a state.
    if (this.options.masked !== 'repeat' || outputState(plan) !== undefined) return rows;
    const variable = graph.builder.intern({ kind: 'lastOutput', width: output.width });
    const from = this.lastOutput('before');
    return [...rows, { variable, next: output.node, from, to: this.lastOutput('after') }];
  }

  private output(): Store<Reference> {
    const { plan, graph, buffers } = this;
    const { builder } = graph;
    const { outputWidth: width } = plan;
    const slot = buffers.rows(resultBuffer({ kind: 'output' }, 'sequence', width));
    const output = graph.of(plan.output);
    if (this.options.masked === 'zero') return { node: graph.zeroIfPadded(output), slot, width };
    if (this.options.masked === 'no') return { node: output, slot, width };
    const state = outputState(plan);
    const last: Node = state === undefined ? { kind: 'lastOutput', width } : { kind: 'state', state };
    return { node: graph.unlessPadded(output, builder.intern(last)), slot, width };
  }
}

/** A program that does nothing. */
export const NOTHING = { loads: [], constants: [], operations: [], stores: [] } as const;
