import type { NodeId } from '../equations/operations.js';
import type { GraphBuilder } from '../graph/graph.js';
import type { Plan } from '../plan/plan.js';
import { type Store, schedule } from '../plan/schedule.js';
import { type Buffers, columnsOf, findRowWork, spread } from './build.js';
import type { CarriedRow, CarriedWork } from './carried-rows.js';
import type { LoopScan, LoopStage, Reference, RowsProduct, StepProduct } from './loop.js';

/** The place of a node in the graph of a loop. */
export type PlaceOf = (id: NodeId) => Reference;

/** What forward and backward loops say of their graphs. */
export interface StepSource {
  readonly plan: Plan;
  readonly buffers: Buffers;
  readonly builder: GraphBuilder;
  /** How rows pass from step to step in a parallel loop. */
  readonly carried: CarriedWork | undefined;
  /** The place of a value that no step computes, else null. */
  leaf(id: NodeId): Reference | null;
  /** The index and the place of the result of a product. */
  product(id: NodeId): { readonly index: number; readonly slot: Reference } | undefined;
  /** Whether products read what the step has stored, not the values of their operands. */
  readonly productsReadStores?: boolean;
  /** The work of a product. */
  workOf(index: number, placeOf: PlaceOf): RowsProduct;
  /** The place of a value that a later program reads. */
  value(index: number, width: number): Reference;
}

/**
 * Forms the stages of a time step, and says where they have their values.
 *
 * @param rows what passes from step to step.
 * @param first the first values that are kept.
 */
export function formStages(
  { plan, buffers, builder, carried, leaf, product, productsReadStores, workOf, value }: StepSource,
  rows: readonly CarriedRow[],
  stores: readonly Store<Reference>[],
  first: readonly NodeId[],
): { readonly steps: LoopStage<StepProduct | LoopScan>[]; readonly placeOf: PlaceOf } {
  const { nodes, widths } = builder;
  const count = plan.products.length;
  const passed = carried ? [] : rows.map(({ next, to }) => ({ node: next, slot: to, width: to.width }));
  const all = [
    ...passed,
    ...stores.map((store) => ({ ...store, node: carried?.of(store.node) ?? store.node })),
  ];
  const { roots = [], operands = [] } = carried ?? {};
  const end = count + roots.length;
  const leaves = nodes.map((_, id) => leaf(id));
  const isElsewhere = (id: NodeId) => leaves[id] !== null;
  const needed = [...all.map(({ node }) => node), ...first, ...roots];
  const work = findRowWork(builder, needed, buffers, end, isElsewhere);
  const inMemory = [...work.operands, ...operands].filter((id) => !isElsewhere(id));
  const { stages, placeOf } = schedule<Reference>({
    nodes,
    widths,
    stores: [...all, ...work.stores],
    leaf: (id) => leaves[id],
    product: (id) => (isElsewhere(id) ? null : (product(id) ?? carried?.find(id) ?? work.find(id))),
    readsStores: (id) =>
      nodes[id].kind === 'concat' || (productsReadStores === true && product(id) !== undefined),
    roots,
    kept: [...new Set([...first, ...inMemory])],
    value,
    part: columnsOf,
    spread,
  });
  function operationsOf(index: number): readonly (StepProduct | LoopScan)[] {
    if (index < count) return [workOf(index, placeOf)];
    return carried && index < end ? carried.operationsOf(index, placeOf) : [work.operationOf(index, placeOf)];
  }
  const steps = stages.map((stage) => ({ ...stage, products: stage.products.flatMap(operationsOf) }));
  return { steps, placeOf };
}
