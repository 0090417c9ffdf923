import type { NodeId } from '../equations/operations.js';
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
import type { Carried, Loop, LoopProduct, Reference } from './loop.js';
import { savedState, savedValue } from './saved.js';

/** The forward pass of a plan over a sequence; with a list of values it saves these and the states for the gradient. */
export const forwardLoop = (plan: Plan, options: LoopOptions, saved?: readonly NodeId[]): Loop =>
  new ForwardLoop(plan, options, saved).build();

class ForwardLoop {
  private readonly buffers = new Buffers();
  private readonly given: GivenBuffers;
  private readonly graph: MaskedGraph;
  private readonly carried: Carried[] = [];
  private readonly states: readonly number[];
  private readonly kept: NodeId[];
  /** The product of each result, and the result's place. */
  private readonly results = new Map<NodeId, { readonly index: number; readonly slot: Reference }>();

  constructor(
    private readonly plan: Plan,
    private readonly options: LoopOptions,
    private readonly saved: readonly NodeId[] | undefined,
  ) {
    this.given = new GivenBuffers(this.buffers, plan, options);
    this.graph = new MaskedGraph(plan, plan.nodes, options.masked !== 'no');
    const operands = new Set(plan.operandValues);
    const kept = (id: NodeId) =>
      operands.has(id) ? this.graph.zeroIfPadded(this.graph.of(id)) : this.graph.of(id);
    const isOperation = (id: NodeId) => this.graph.builder.nodes[id].kind === 'operation';
    this.kept = saved?.map(kept) ?? plan.operandValues.map(kept).filter(isOperation);
    // In the order of the saved layout, whether or not the schedule comes to use them.
    saved?.forEach((id, index) => {
      this.buffers.add(savedValue(index, plan.widths[id]));
    });
    this.states = plan.states.map((_, s) => this.addState(s));
    plan.products.forEach((product, index) => {
      this.addResults(product, index);
    });
  }

  build(): Loop {
    const { plan, given, buffers, graph } = this;
    const { builder } = graph;
    const stores = this.stores();
    const roots = [...stores.map(({ node }) => node), ...this.kept];
    const isElsewhere = (id: NodeId) => this.leaf(id) !== null;
    const work = new RowWork(builder, roots, buffers, plan.products.length, isElsewhere);
    for (const id of work.operandOperations()) if (!this.kept.includes(id)) this.kept.push(id);
    const stages = schedule<Reference>({
      nodes: builder.nodes,
      widths: builder.widths,
      stores,
      leaf: (id) => this.leaf(id),
      product: (id) => (isElsewhere(id) ? null : (this.results.get(id) ?? work.find(id))),
      kept: this.kept,
      value: (index, width) => this.value(index, width),
      part: columnsOf,
      spread,
    });
    const placeOf = (id: NodeId): Reference => {
      const node = builder.nodes[id];
      if (node.kind === 'slice') return columnsOf(placeOf(node.operand), node.start, node.width);
      const place = this.leaf(id) ?? (this.results.get(id) ?? work.find(id))?.slot;
      return place ?? this.value(this.kept.indexOf(id), builder.widths[id]);
    };
    const rowProduct = (index: number): LoopProduct => {
      const [result] = plan.products[index].results;
      const node = builder.nodes[graph.of(result)];
      if (node.kind !== 'product') throw new Error('the result of a product is not a product');
      return {
        kind: 'rows',
        left: placeOf(node.operand),
        weights: given.weights(index),
        transposed: false,
        result: this.resultOf(index),
        accumulate: false,
      };
    };
    const projections = [...plan.products.keys()]
      .filter((index) => isInputProjection(plan.products[index]))
      .map(rowProduct);
    const body = stages.map(({ products, width, program }) => ({
      products: products.flatMap((index) =>
        index < plan.products.length ? [rowProduct(index)] : work.operationsOf(index, placeOf),
      ),
      width,
      program,
    }));
    return {
      name: `${plan.cell.name} forward`,
      direction: 1,
      buffers: buffers.list,
      carried: this.carried,
      before: [
        ...given.copyOfInput(),
        ...(projections.length > 0 ? [{ products: projections, width: 1, program: NOTHING }] : []),
      ],
      body,
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

  private addResults({ results }: Product, index: number): void {
    let column = 0;
    for (const id of results) {
      const node = this.graph.of(id);
      const width = this.graph.builder.widths[node];
      this.results.set(node, { index, slot: columnsOf(this.resultOf(index), column, width) });
      column += width;
    }
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

  private stores(): Store<Reference>[] {
    const { plan, graph, buffers } = this;
    const { builder } = graph;
    const { masked } = this.options;
    const { outputWidth: width } = plan;
    const newStates = plan.newStates.map((id, s) =>
      graph.unlessPadded(graph.of(id), builder.intern({ kind: 'state', state: s })),
    );
    const stores = newStates.map(
      (node, s): Store<Reference> => ({ node, slot: this.state(s, 'after'), width: plan.stateWidths[s] }),
    );
    const slot = buffers.rows(resultBuffer({ kind: 'output' }, 'sequence', width));
    const output = graph.of(plan.output);
    const repeatedState = outputState(plan);
    if (masked === 'zero') return [...stores, { node: graph.zeroIfPadded(output), slot, width }];
    if (repeatedState !== undefined) return [...stores, { node: newStates[repeatedState], slot, width }];
    if (masked === 'no') return [...stores, { node: output, slot, width }];
    const node = graph.unlessPadded(output, builder.intern({ kind: 'lastOutput', width }));
    return [...stores, { node, slot, width }, { node, slot: this.lastOutput('after'), width }];
  }
}

/** A program that does nothing. */
export const NOTHING = { loads: [], constants: [], operations: [], stores: [] } as const;
