import type { NodeId } from '../equations/operations.js';
import type { Plan } from '../plan/plan.js';
import { type Store, schedule } from '../plan/schedule.js';
import { type Buffers, columnsOf, type MaskedGraph, RowWork, spread } from './build.js';
import type { CarriedRow, CarriedWork, Carry } from './carried-rows.js';
import type { LoopScan, LoopStage, Reference, RowsProduct, StepProduct } from './loop.js';

/** The place of a node in the graph of a loop. */
export type PlaceOf = (id: NodeId) => Reference;

/** Forms the stages of a time step from what forward and backward loops say of their graphs. */
export abstract class StepStages {
  protected abstract readonly buffers: Buffers;
  protected abstract readonly graph: MaskedGraph;
  /** How rows pass from step to step in a parallel loop. */
  private carried: CarriedWork | null | undefined;

  constructor(
    protected readonly plan: Plan,
    protected readonly carry: Carry | undefined,
  ) {}

  /** The place of a value that no step computes, else null. */
  protected abstract leaf(id: NodeId): Reference | null;
  /** The index and the place of the result of a product. */
  protected abstract product(id: NodeId): { readonly index: number; readonly slot: Reference } | undefined;
  /** The work of a product. */
  protected abstract workOf(index: number, placeOf: PlaceOf): RowsProduct;
  /** The place of a value that a later program reads. */
  protected abstract value(index: number, width: number): Reference;

  /** Finds out how rows pass from step to step; false where a parallel loop cannot. */
  protected passOn(rows: readonly CarriedRow[]): boolean {
    this.carried = this.carry?.(this.graph.builder, rows, this.plan.products.length);
    return this.carried !== null;
  }

  /** The node that stands for one of the graph. */
  protected of(id: NodeId): NodeId {
    return this.carried?.of(id) ?? id;
  }

  /** The stages of a time step, and where they have their values. @param first the first values that are kept. */
  protected stages(
    rows: readonly CarriedRow[],
    stores: readonly Store<Reference>[],
    first: readonly NodeId[],
  ): { readonly steps: LoopStage<StepProduct | LoopScan>[]; readonly placeOf: PlaceOf } {
    const { carried, buffers, graph, plan } = this;
    const { builder } = graph;
    const { nodes, widths } = builder;
    const count = plan.products.length;
    const all = [
      ...(carried ? [] : rows.map(({ next, to }) => ({ node: next, slot: to, width: to.width }))),
      ...stores.map((store) => ({ ...store, node: this.of(store.node) })),
    ];
    const roots = carried?.roots ?? [];
    const end = count + roots.length;
    const isElsewhere = (id: NodeId) => this.leaf(id) !== null;
    const needed = [...all.map(({ node }) => node), ...first, ...roots];
    const work = new RowWork(builder, needed, buffers, end, isElsewhere);
    const operands = [...work.operandOperations(), ...(carried?.operands ?? [])];
    const kept = [...new Set([...first, ...operands.filter((id) => !isElsewhere(id))])];
    const boundary = (id: NodeId) => this.product(id) ?? carried?.find(id) ?? work.find(id);
    const placeOf = (id: NodeId): Reference => {
      const place = this.leaf(id) ?? boundary(id)?.slot;
      if (place) return place;
      const node = nodes[id];
      if (node.kind === 'slice') return columnsOf(placeOf(node.operand), node.start, node.width);
      return this.value(kept.indexOf(id), widths[id]);
    };
    const stages = schedule<Reference>({
      nodes,
      widths,
      stores: all,
      leaf: (id) => this.leaf(id),
      product: (id) => (isElsewhere(id) ? null : boundary(id)),
      roots,
      kept,
      value: (index, width) => this.value(index, width),
      part: columnsOf,
      spread,
    });
    const operationsOf = (index: number): readonly (StepProduct | LoopScan)[] => {
      if (index < count) return [this.workOf(index, placeOf)];
      return (carried && index < end ? carried : work).operationsOf(index, placeOf);
    };
    const steps = stages.map((stage) => ({ ...stage, products: stage.products.flatMap(operationsOf) }));
    return { steps, placeOf };
  }
}
