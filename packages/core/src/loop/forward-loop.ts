import type { NodeId } from '../equations/operations.js';
import { type Node, withOperands } from '../graph/graph.js';
import { isInputProjection, type Product } from '../graph/products.js';
import { outputState, type Plan } from '../plan/plan.js';
import { type Store, schedule } from '../plan/schedule.js';
import {
  Buffers,
  columnsOf,
  GivenBuffers,
  givenBuffer,
  type LoopOptions,
  MaskedGraph,
  productName,
  RowWork,
  resultBuffer,
  spread,
} from './build.js';
import { type CarriedRow, CarriedRows } from './carried-rows.js';
import type { Solve } from './linear.js';
import type { Carried, Loop, LoopProduct, LoopScan, LoopStage, ParallelLoop, Reference } from './loop.js';
import { savedState, savedValue } from './saved.js';

/** The forward pass of a plan over a sequence; with a list of values it saves these and the states for the gradient. */
export const forwardLoop = (plan: Plan, options: LoopOptions, saved?: readonly NodeId[]): Loop =>
  new ForwardLoop(plan, options, saved, null).build() as Loop;

/** The same over all steps at once; null if its recurrences are not linear. */
export const parallelForwardLoop = (
  plan: Plan,
  options: LoopOptions,
  saved: readonly NodeId[] | undefined,
  solve: Solve,
): ParallelLoop | null => new ForwardLoop(plan, options, saved, solve).build();

class ForwardLoop {
  private readonly buffers: Buffers;
  private readonly given: GivenBuffers;
  private readonly graph: MaskedGraph;
  private readonly carried: Carried[] = [];
  private readonly states: readonly number[];
  /** The product of each result, and the result's place. */
  private readonly results = new Map<NodeId, { readonly index: number; readonly slot: Reference }>();

  /** @param solve how a parallel loop solves the recurrences; null for a loop of steps. */
  constructor(
    private readonly plan: Plan,
    private readonly options: LoopOptions,
    private readonly saved: readonly NodeId[] | undefined,
    private readonly solve: Solve | null,
  ) {
    this.buffers = new Buffers(solve !== null);
    this.given = new GivenBuffers(this.buffers, plan, options);
    this.graph = new MaskedGraph(plan, plan.nodes, options.masked !== 'no');
    // In the order of the saved layout, whether or not the schedule comes to use them.
    saved?.forEach((id, index) => {
      this.buffers.add(savedValue(index, plan.widths[id]));
    });
    this.states = plan.states.map((_, s) => this.addState(s));
  }

  build(): ParallelLoop | null {
    const { plan, given, buffers, graph, solve } = this;
    const { builder } = graph;
    const output = this.output();
    const carried = CarriedRows.from(builder, this.carriedRows(output), solve, plan.products.length);
    if (carried === null) return null;
    const of = (id: NodeId) => carried.of(id);
    plan.products.forEach((product, index) => {
      this.addResults(product, index, of);
    });
    const stores = [...carried.stores, { ...output, node: of(output.node) }];
    const kept = this.keptValues(of);
    const roots = [...stores.map(({ node }) => node), ...kept, ...carried.roots];
    const isElsewhere = (id: NodeId) => this.leaf(id) !== null;
    const work = new RowWork(builder, roots, buffers, carried.end, isElsewhere);
    for (const id of [...work.operandOperations(), ...carried.operandOperations()])
      if (!kept.includes(id)) kept.push(id);
    const boundary = (id: NodeId) => this.results.get(id) ?? carried.find(id) ?? work.find(id);
    const stages = schedule<Reference>({
      nodes: builder.nodes,
      widths: builder.widths,
      stores,
      leaf: (id) => this.leaf(id),
      product: (id) => (isElsewhere(id) ? null : boundary(id)),
      roots: carried.roots,
      kept,
      value: (index, width) => this.value(index, width),
      part: columnsOf,
      spread,
    });
    const placeOf = (id: NodeId): Reference => {
      const node = builder.nodes[id];
      if (node.kind === 'slice') return columnsOf(placeOf(node.operand), node.start, node.width);
      const place = this.leaf(id) ?? boundary(id)?.slot;
      return place ?? this.value(kept.indexOf(id), builder.widths[id]);
    };
    const rowProduct = (index: number): LoopProduct => {
      const [result] = plan.products[index].results;
      const node = builder.nodes[graph.of(result)];
      if (node.kind !== 'product') throw new Error('the result of a product is not a product');
      return {
        kind: 'rows',
        left: placeOf(of(node.operand)),
        weights: given.weights(index),
        transposed: false,
        result: this.resultOf(index),
        accumulate: false,
      };
    };
    const projections = [...plan.products.keys()]
      .filter((index) => isInputProjection(plan.products[index]))
      .map(rowProduct);
    const workOf = (index: number): (LoopProduct | LoopScan)[] => {
      if (index < plan.products.length) return [rowProduct(index)];
      return (index < carried.end ? carried : work).operationsOf(index, placeOf);
    };
    const steps = stages.map(({ products, ...stage }) => ({ products: products.flatMap(workOf), ...stage }));
    return {
      name: `${plan.cell.name} forward`,
      direction: 1,
      buffers: buffers.list,
      carried: this.carried,
      before: [
        ...given.copyOfInput(),
        ...(projections.length > 0 ? [{ products: projections, width: 1, program: NOTHING }] : []),
        ...(solve === null ? [] : steps),
      ],
      body: solve === null ? (steps as LoopStage[]) : [],
      after: [],
    };
  }

  private addState(s: number): number {
    const width = this.plan.stateWidths[s];
    const saved = savedState(this.plan, s);
    const buffer = this.buffers.add(this.saved ? saved : { ...saved, life: 'scratch' });
    const initial = this.buffers.add(givenBuffer({ kind: 'initialState', index: s }, 'batch', width));
    const final = this.buffers.add(resultBuffer({ kind: 'finalState', index: s }, 'batch', width));
    this.carried.push({ buffer, initial, final });
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
    if (this.carried.every((other) => other.buffer !== buffer)) this.carried.push({ buffer });
    return rows;
  }

  private resultOf(index: number): Reference {
    const product = this.plan.products[index];
    const { columns: width } = product;
    const name = productName(index);
    return isInputProjection(product)
      ? this.buffers.rows({ name, rows: 'steps', width, life: 'scratch' })
      : this.buffers.scratch(name, width);
  }

  private addResults({ results }: Product, index: number, of: (id: NodeId) => NodeId): void {
    const { builder } = this.graph;
    let column = 0;
    for (const id of results) {
      // The product itself, also where its result is a state, which is read from elsewhere.
      const node = builder.intern(withOperands(builder.nodes[this.graph.of(id)], of));
      const width = builder.widths[node];
      this.results.set(node, { index, slot: columnsOf(this.resultOf(index), column, width) });
      column += width;
    }
  }

  /** The values that are saved, and those that products of a step read. */
  private keptValues(of: (id: NodeId) => NodeId): NodeId[] {
    const { plan, graph } = this;
    const operands = new Set(plan.operandValues);
    const kept = (id: NodeId) => of(operands.has(id) ? graph.zeroIfPadded(graph.of(id)) : graph.of(id));
    const isOperation = (id: NodeId) => graph.builder.nodes[id].kind === 'operation';
    return this.saved?.map(kept) ?? plan.operandValues.map(kept).filter(isOperation);
  }

  /** The place of a value that no program and no product of a step computes, else null. */
  private leaf(id: NodeId): Reference | null {
    const node = this.graph.builder.nodes[id];
    if (node.kind === 'state') return this.state(node.state, 'before');
    if (node.kind === 'lastOutput') return this.lastOutput('before');
    const result = this.results.get(id);
    if (result && isInputProjection(this.plan.products[result.index])) return result.slot;
    return this.given.find(node);
  }

  private value(index: number, width: number): Reference {
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
      const [from, to] = [this.state(state, 'before'), this.state(state, 'after')];
      const next = graph.of(id);
      return { variable, next: graph.unlessPadded(next, variable), same: [next], width: to.width, from, to };
    });
    if (!this.repeatsOutput()) return rows;
    const variable = graph.builder.intern({ kind: 'lastOutput', width: output.width });
    const [from, to] = [this.lastOutput('before'), this.lastOutput('after')];
    return [...rows, { variable, next: output.node, same: [], width: output.width, from, to }];
  }

  /** Whether a padded step repeats an output that is not a state. */
  private repeatsOutput(): boolean {
    return this.options.masked === 'repeat' && outputState(this.plan) === undefined;
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
