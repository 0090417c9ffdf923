import type { NodeId } from '../equations/operations.js';
import { type Node, operandsOf, reachable } from '../graph/graph.js';
import type { Program, Stage } from './program.js';

/** A value and the place in which it is stored. */
export interface Store<Place> {
  readonly node: NodeId;
  readonly slot: Place;
  /** The length of the stored row. */
  readonly width: number;
}

export interface ScheduleRequest<Place> {
  readonly nodes: readonly Node[];
  /** The length of each node's row; a row of one number stands for a row of any length. */
  readonly widths: readonly number[];
  readonly stores: readonly Store<Place>[];
  /** The place of a value that this schedule does not compute, else null. */
  readonly leaf: (id: NodeId) => Place | null;
  /** For what is computed between programs, such as a matrix product: its index and the place of its result. */
  readonly product: (id: NodeId) => { readonly index: number; readonly slot: Place } | null;
  /** What is computed although no program reads it, such as the states of a parallel loop. */
  readonly roots?: readonly NodeId[];
  /** The values 0, 1, …; values that are read from memory are added after them. */
  readonly kept: readonly NodeId[];
  /** The place of value 0, 1, … */
  readonly value: (index: number, width: number) => Place;
  /** A part of the rows of a place. */
  readonly part: (place: Place, start: number, width: number) => Place;
  /** A place whose rows are one number each, which stands for a row. */
  readonly spread: (place: Place) => Place;
}

/**
 * Orders the work of one time step: products by their depth, each with the pointwise operations after it.
 *
 * An operation runs as late as its users allow, so that few values must be stored between programs. A program computes rows
 * of one length; what it reads of another length, or in parts, comes from memory.
 */
export function schedule<Place>(request: ScheduleRequest<Place>): Stage<Place>[] {
  return new Scheduler(request).schedule();
}

class Scheduler<Place> {
  /** The earliest stage of each value. */
  private readonly levels = new Map<NodeId, number>();
  /** The stage of each operation. */
  private readonly at = new Map<NodeId, number>();
  /** Operations that something reads from memory. */
  private readonly inMemory = new Set<NodeId>();
  private readonly values = new Map<NodeId, number>();
  private readonly order: NodeId[];
  private readonly lastStage: number;

  constructor(private readonly request: ScheduleRequest<Place>) {
    const { nodes, stores, kept, roots = [] } = request;
    const cut = nodes.map((node, id): Node => (request.leaf(id) ? { kind: 'input' } : node));
    this.order = reachable(cut, [...stores.map(({ node }) => node), ...kept, ...roots]).filter(
      (id) => request.leaf(id) === null && nodes[id].kind !== 'constant',
    );
    for (const id of this.order) this.levels.set(id, this.levelOf(id));
    const storeLevels = stores.map(({ node, width }) => this.storeLevel(node, width, this.levels));
    this.lastStage = Math.max(0, ...this.levels.values(), ...storeLevels);
  }

  schedule(): Stage<Place>[] {
    this.place();
    for (const id of this.request.kept) this.values.set(id, this.values.size);
    for (const id of this.order)
      if (this.inMemory.has(id) && !this.values.has(id)) this.values.set(id, this.values.size);
    const stages: Stage<Place>[] = [];
    for (let stage = 0; stage <= this.lastStage; stage++) stages.push(...this.stagesOf(stage));
    return stages;
  }

  private isOperation(id: NodeId): boolean {
    return this.levels.has(id) && this.request.nodes[id].kind === 'operation';
  }

  private isSlice(id: NodeId): boolean {
    return this.levels.has(id) && this.request.nodes[id].kind === 'slice' && !this.request.product(id);
  }

  /** How many stages a value must be ahead of a user, which reads it from memory or has it in its program. */
  private distance(id: NodeId, user: NodeId): number {
    if (this.request.product(user)) return 1;
    if (!this.isOperation(id)) return 0;
    const { widths } = this.request;
    return this.isSlice(user) || widths[id] !== widths[user] ? 1 : 0;
  }

  private levelOf(id: NodeId): number {
    return operandsOf(this.request.nodes[id]).reduce(
      (level, operand) => Math.max(level, (this.levels.get(operand) ?? 0) + this.distance(operand, id)),
      0,
    );
  }

  /** The stage whose program stores a value as a row of `width` numbers: its own, or the first that can read it. */
  private storeLevel(id: NodeId, width: number, stages: ReadonlyMap<NodeId, number>): number {
    const { nodes, widths } = this.request;
    const node = nodes[id];
    // A slice is read from memory, so after the stage of the row behind it.
    if (node.kind === 'slice' && this.isSlice(id)) {
      const behind = stages.get(node.operand) ?? this.levels.get(node.operand) ?? 0;
      return behind + this.distance(node.operand, id);
    }
    const own = stages.get(id) ?? this.levels.get(id) ?? 0;
    return this.isOperation(id) && widths[id] !== width ? own + 1 : own;
  }

  /** Puts operations into stages, the last one first, each as late as its users allow. */
  private place(): void {
    const { nodes, widths, stores } = this.request;
    const latest = new Map<NodeId, number>();
    const latestOf = (id: NodeId) => latest.get(id) ?? this.lastStage;
    const limit = (id: NodeId, stage: number) => latest.set(id, Math.min(latestOf(id), stage));
    for (const { node, width } of stores) {
      if (!this.isOperation(node) || widths[node] === width) continue;
      limit(node, this.lastStage - 1);
      this.inMemory.add(node);
    }
    for (const id of [...this.order].reverse()) {
      const stage = this.request.product(id) ? (this.levels.get(id) as number) : latestOf(id);
      if (this.isOperation(id)) this.at.set(id, stage);
      for (const operand of operandsOf(nodes[id])) {
        // A slice is no work of its own: an operation reads the row behind it, a product perhaps a copy that a store makes.
        const isRead = this.isSlice(operand) && !this.request.product(id);
        limit(operand, isRead ? stage : stage - this.distance(operand, id));
      }
    }
    for (const id of this.order) {
      for (const operand of operandsOf(nodes[id])) {
        if (this.isOperation(operand) && this.at.get(operand) !== this.at.get(id)) this.inMemory.add(operand);
      }
    }
  }

  /** The stages for one depth of products: a program for each length of rows, the products in front of the first. */
  private stagesOf(stage: number): Stage<Place>[] {
    const { widths, stores } = this.request;
    const products = this.order
      .filter((id) => this.levels.get(id) === stage)
      .map((id) => this.request.product(id)?.index)
      .filter((index) => index !== undefined);
    const kept = [...this.values].map(
      ([node, index]): Store<Place> => ({
        node,
        slot: this.request.value(index, widths[node]),
        width: widths[node],
      }),
    );
    const stored = [...stores, ...kept].filter(
      ({ node, width }) => this.storeLevel(node, width, this.at) === stage,
    );
    const own = this.order.filter((id) => this.at.get(id) === stage);
    const lengths = new Set([...own.map((id) => widths[id]), ...stored.map(({ width }) => width)]);
    const programs = [...lengths].map((width) => ({
      width,
      program: this.program(
        own.filter((id) => widths[id] === width),
        stored.filter((store) => store.width === width),
        width,
      ),
    }));
    if (programs.length === 0) programs.push({ width: 1, program: this.program([], [], 1) });
    return programs.map((part, i) => ({ products: i === 0 ? [...new Set(products)] : [], ...part }));
  }

  private program(own: readonly NodeId[], stores: readonly Store<Place>[], width: number): Program<Place> {
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
      loads: loaded.map((id) => this.load(id, width)),
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

  /** The place of a value for a program on rows of `width` numbers. */
  private load(id: NodeId, width: number): Place {
    const place = this.placeOf(id);
    return this.request.widths[id] === width ? place : this.request.spread(place);
  }

  private placeOf(id: NodeId): Place {
    const { request } = this;
    const place = request.leaf(id) ?? request.product(id)?.slot;
    if (place) return place;
    const node = request.nodes[id];
    if (node.kind === 'slice') return request.part(this.placeOf(node.operand), node.start, node.width);
    return request.value(this.values.get(id) as number, request.widths[id]);
  }
}
