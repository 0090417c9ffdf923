import type { NodeId } from '../equations/operations.js';
import type { GraphBuilder } from '../graph/graph.js';
import { spread } from './build.js';
import type { CarriedRow, CarriedWork, Carry } from './carried-rows.js';
import { type Solution, solveLinear } from './linear.js';
import type { LoopScan, Reference } from './loop.js';

/** Scans over all steps, if the recurrences are linear. */
export const carryByScans: Carry = (builder, rows, first) => {
  const solution = solveLinear(builder, rows);
  return solution && new Scans(builder, rows, solution, first);
};

class Scans implements CarriedWork {
  readonly roots: readonly NodeId[];
  readonly operands: readonly NodeId[];
  readonly of: (id: NodeId) => NodeId;

  constructor(
    private readonly builder: GraphBuilder,
    private readonly rows: readonly CarriedRow[],
    { ends, of }: Solution,
    private readonly first: number,
  ) {
    const { nodes } = builder;
    this.of = of;
    this.roots = ends;
    this.operands = ends
      .flatMap((id) => this.inputsOf(id))
      .filter((id) => nodes[id].kind === 'operation' || nodes[id].kind === 'constant');
  }

  find(id: NodeId): { readonly index: number; readonly slot: Reference } | null {
    const node = this.builder.nodes[id];
    if (node.kind !== 'scan') return null;
    const { from, to } = this.rows[node.recurrence];
    return { index: this.first + node.recurrence, slot: node.at === 'before' ? from : to };
  }

  operationsOf(index: number, placeOf: (id: NodeId) => Reference): LoopScan[] {
    const { from, to } = this.rows[index - this.first];
    const [factor, addend, reads] = this.inputsOf(this.roots[index - this.first]).map((id) =>
      this.builder.widths[id] === to.width ? placeOf(id) : spread(placeOf(id)),
    );
    return [{ kind: 'scan', factor, addend, ...(reads && { reads }), from, to }];
  }

  private inputsOf(id: NodeId): readonly NodeId[] {
    const node = this.builder.nodes[id];
    if (node.kind !== 'scan') throw new Error(`a ${node.kind} is no recurrence`);
    return node.inputs;
  }
}
