import type { NodeId } from '../equations/operations.js';
import { type Node, operandsOf, reachable } from '../graph/graph.js';
import type { Program, Schedule, Slot, Stage } from './program.js';

/** A value and the place in which it is stored. */
export interface Store<Place = Slot> {
  readonly node: NodeId;
  readonly slot: Place;
}

export interface ScheduleRequest<Place> {
  readonly nodes: readonly Node[];
  readonly stores: readonly Store<Place>[];
  /** The place of a value that this schedule does not compute, else null. */
  readonly leaf: (id: NodeId) => Place | null;
  /** For the result of a matrix product between programs: the product and the place of its result. */
  readonly product: (id: NodeId) => { readonly index: number; readonly slot: Place } | null;
  /** The values 0, 1, …; values that later programs read are added after them. */
  readonly kept: readonly NodeId[];
  /** The place of value 0, 1, … */
  readonly value: (index: number) => Place;
}

/**
 * Orders the work of one time step: products by their depth, each with the pointwise operations after it.
 *
 * An operation runs as late as its users allow, so that few values must be stored between programs.
 */
export function schedule<Place>(request: ScheduleRequest<Place>): Schedule<Place> {
  return new Scheduler(request).schedule();
}

class Scheduler<Place> {
  private readonly levels = new Map<NodeId, number>();
  /** The program of each operation. */
  private readonly at = new Map<NodeId, number>();
  /** The last program in which an operation reads a value. (Products read stored results of their own.) */
  private readonly lastRead = new Map<NodeId, number>();
  private readonly values = new Map<NodeId, number>();
  private readonly order: NodeId[];
  private readonly stageCount: number;

  constructor(private readonly request: ScheduleRequest<Place>) {
    const { nodes, stores, kept } = request;
    const cut = nodes.map((node, id): Node => (request.leaf(id) ? { kind: 'input' } : node));
    this.order = reachable(cut, [...stores.map(({ node }) => node), ...kept]).filter(
      (id) => request.leaf(id) === null && nodes[id].kind !== 'constant',
    );
    for (const id of this.order) this.levels.set(id, this.levelOf(id));
    this.stageCount = 1 + Math.max(0, ...this.levels.values());
  }

  schedule(): Schedule<Place> {
    this.place();
    for (const id of this.request.kept) this.values.set(id, this.values.size);
    for (const id of this.order)
      if (this.outlives(id) && !this.values.has(id)) this.values.set(id, this.values.size);
    const stages = Array.from({ length: this.stageCount }, (_, stage) => this.stage(stage));
    return { stages, values: this.values.size };
  }

  /** The number of products between the step's inputs and a value. */
  private levelOf(id: NodeId): number {
    const below = Math.max(
      0,
      ...operandsOf(this.request.nodes[id]).map((operand) => this.levels.get(operand) ?? 0),
    );
    return this.request.product(id) ? below + 1 : below;
  }

  private isOperation(id: NodeId): boolean {
    return this.levels.has(id) && this.request.product(id) === null;
  }

  private place(): void {
    const last = this.stageCount - 1;
    const latest = new Map<NodeId, number>();
    const limit = (id: NodeId, stage: number) => latest.set(id, Math.min(latest.get(id) ?? last, stage));
    for (const id of [...this.order].reverse()) {
      const product = this.request.product(id) !== null;
      const stage = product ? (this.levels.get(id) as number) : (latest.get(id) ?? last);
      if (!product) this.at.set(id, stage);
      for (const operand of operandsOf(this.request.nodes[id])) {
        limit(operand, product ? stage - 1 : stage);
        if (!product) this.lastRead.set(operand, Math.max(this.lastRead.get(operand) ?? 0, stage));
      }
    }
  }

  /** Whether an operation's result is read by a later program. */
  private outlives(id: NodeId): boolean {
    return this.isOperation(id) && (this.lastRead.get(id) ?? 0) > (this.at.get(id) as number);
  }

  private stage(stage: number): Stage<Place> {
    const products = this.order
      .filter((id) => this.levels.get(id) === stage)
      .map((id) => this.request.product(id)?.index)
      .filter((index) => index !== undefined);
    return { products: [...new Set(products)], program: this.program(stage) };
  }

  /** The stage whose program can store a value: its own, or the first in which it can be read. */
  private storedAt(id: NodeId): number {
    return this.at.get(id) ?? this.levels.get(id) ?? 0;
  }

  private program(stage: number): Program<Place> {
    const own = this.order.filter((id) => this.at.get(id) === stage);
    const kept = [...this.values].map(
      ([node, index]): Store<Place> => ({ node, slot: this.request.value(index) }),
    );
    const stores = [...this.request.stores, ...kept].filter(({ node }) => this.storedAt(node) === stage);
    const needed = new Set([
      ...own.flatMap((id) => operandsOf(this.request.nodes[id])),
      ...stores.map(({ node }) => node),
    ]);
    for (const id of own) needed.delete(id);
    const outside = [...needed].sort((a, b) => a - b);
    const constantOf = (id: NodeId) => {
      const node = this.request.nodes[id];
      return node.kind === 'constant' ? node.value : undefined;
    };
    const loaded = outside.filter((id) => constantOf(id) === undefined);
    const constants = outside.filter((id) => constantOf(id) !== undefined);
    const numbering = new Map([...loaded, ...constants, ...own].map((id, value) => [id, value]));
    const number = (id: NodeId) => numbering.get(id) as number;
    return {
      loads: loaded.map((id) => this.loadSlot(id)),
      constants: constants.map((id) => constantOf(id) as number),
      operations: own.map((id) => {
        const node = this.request.nodes[id];
        if (node.kind !== 'operation')
          throw new Error(`a ${node.kind} cannot be part of a pointwise program`);
        return { name: node.name, inputs: node.inputs.map(number) };
      }),
      stores: stores.map(({ node, slot }) => ({ value: number(node), slot })),
    };
  }

  private loadSlot(id: NodeId): Place {
    const leaf = this.request.leaf(id) ?? this.request.product(id)?.slot;
    if (leaf) return leaf;
    return this.request.value(this.values.get(id) as number);
  }
}
