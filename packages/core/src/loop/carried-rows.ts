import type { NodeId } from '../equations/operations.js';
import type { GraphBuilder } from '../graph/graph.js';
import type { Store } from '../plan/schedule.js';
import { spread } from './build.js';
import type { Recurrence, Solution, Solve } from './linear.js';
import type { LoopScan, Reference } from './loop.js';

/** A row that passes from step to step, and where a step reads and writes it. */
export interface CarriedRow extends Recurrence {
  readonly from: Reference;
  readonly to: Reference;
}

/** The rows that pass from step to step: stored by the steps, or solved between the programs of a parallel loop. */
export class CarriedRows {
  /** What the steps store; nothing in a parallel loop. */
  readonly stores: readonly Store<Reference>[];
  /** What a parallel loop computes although no program may read it. */
  readonly roots: readonly NodeId[];
  /** The index after the last of the scans. */
  readonly end: number;

  private constructor(
    private readonly builder: GraphBuilder,
    private readonly rows: readonly CarriedRow[],
    private readonly solution: Solution | null,
    private readonly first: number,
  ) {
    const stores = rows.map(({ next, to }) => ({ node: next, slot: to, width: to.width }));
    this.stores = solution ? [] : stores;
    this.roots = solution?.ends ?? [];
    this.end = first + this.roots.length;
  }

  /**
   * The rows of a loop of steps, or of a parallel one if there is a way to solve them; null if that fails.
   * @param first the index of the first scan.
   */
  static from(
    builder: GraphBuilder,
    rows: readonly CarriedRow[],
    solve: Solve | null,
    first: number,
  ): CarriedRows | null {
    if (solve === null) return new CarriedRows(builder, rows, null, first);
    const solution = solve(builder, rows);
    return solution && new CarriedRows(builder, rows, solution, first);
  }

  /** The node that stands for one of the graph. */
  of(id: NodeId): NodeId {
    return this.solution?.of(id) ?? id;
  }

  /** The index of the scan that computes a node, and the node's place; null if none does. */
  find(id: NodeId): { readonly index: number; readonly slot: Reference } | null {
    const node = this.builder.nodes[id];
    if (node.kind !== 'scan') return null;
    const { from, to } = this.rows[node.recurrence];
    return { index: this.first + node.recurrence, slot: node.at === 'before' ? from : to };
  }

  /** The operations and constants that scans read from memory. */
  operandOperations(): NodeId[] {
    const { nodes } = this.builder;
    return this.roots
      .flatMap((id) => this.inputsOf(id))
      .filter((id) => nodes[id].kind === 'operation' || nodes[id].kind === 'constant');
  }

  /** The loop's work for an index. */
  operationsOf(index: number, placeOf: (id: NodeId) => Reference): LoopScan[] {
    const { from, to, width } = this.rows[index - this.first];
    const [factor, addend, reads] = this.inputsOf(this.roots[index - this.first]).map((id) =>
      this.builder.widths[id] === width ? placeOf(id) : spread(placeOf(id)),
    );
    return [{ kind: 'scan', factor, addend, ...(reads && { reads }), from, to }];
  }

  private inputsOf(id: NodeId): readonly NodeId[] {
    const node = this.builder.nodes[id];
    if (node.kind !== 'scan') throw new Error(`a ${node.kind} is no recurrence`);
    return node.inputs;
  }
}
