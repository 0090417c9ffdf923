import type { NodeId, OperationName } from '../equations/operations.js';
import { type GraphBuilder, operandsOf, reachable, withOperands } from '../graph/graph.js';
import type { CarriedRow } from './carried-rows.js';

/** Recurrences that are linear, `next = factor ⊙ variable + addend`, as nodes that no longer depend on themselves. */
export interface Solution {
  /** The row that a step passes on, for each recurrence: a node of kind `scan`. */
  readonly ends: readonly NodeId[];
  /** The node that stands for one of the graph: recurrences are read from their scans. */
  of(id: NodeId): NodeId;
}

/** A row as `factor ⊙ variable + addend`; null is a row of zeros. */
interface Linear {
  readonly factor: NodeId | null;
  readonly addend: NodeId | null;
  /** 0 where the variable does not matter, not even NaN, because `select` takes another operand; null: nowhere. */
  readonly reads: NodeId | null;
}

/** The parts of a linear form, each a row. */
const PARTS = ['factor', 'addend', 'reads'] as const;

/**
 * Solves recurrences that are linear: the row that a step passes on is `factor ⊙ variable + addend`, number by number, and neither
 * depends on the variable. They may depend on other recurrences in any way, unless these depend on them in turn.
 *
 * @param builder the graph, which is extended.
 * @returns null if they are not linear.
 */
export function solveLinear(builder: GraphBuilder, recurrences: readonly CarriedRow[]): Solution | null {
  const dependence = new Dependence(
    builder,
    recurrences.map(({ variable }) => variable),
  );
  const forms: Linear[] = [];
  for (const [index, { next }] of recurrences.entries()) {
    const form = linearForm(builder, next, index, recurrences[index].variable, dependence);
    if (form === null) return null;
    forms.push(form);
  }
  const order = orderOf(
    forms.map(
      (form) => new Set(PARTS.flatMap((part) => (form[part] === null ? [] : [...dependence.of(form[part])]))),
    ),
  );
  if (order === null) return null;
  const known = new Map<NodeId, NodeId>();
  const of = (root: NodeId): NodeId => {
    if (dependence.of(root).size === 0) return root;
    if (!known.has(root)) {
      for (const id of reachable(builder.nodes, [root])) {
        if (known.has(id)) continue;
        const isFree = dependence.of(id).size === 0;
        const part = (operand: NodeId) => known.get(operand) as NodeId;
        known.set(id, isFree ? id : builder.intern(withOperands(builder.nodes[id], part)));
      }
    }
    return known.get(root) as NodeId;
  };
  const ends: NodeId[] = [];
  for (const recurrence of order) {
    const { variable, next, same = next, to } = recurrences[recurrence];
    const form = forms[recurrence];
    const parts = form.reads === builder.constant(1) ? PARTS.slice(0, 2) : PARTS;
    const inputs = parts.map((part) => of(form[part] ?? builder.constant(0)));
    const scan = (at: 'before' | 'after') =>
      builder.intern({ kind: 'scan', recurrence, at, inputs, width: to.width });
    ends[recurrence] = scan('after');
    // A row without any recurrence in it is computed where it is needed.
    for (const id of [next, same]) if (dependence.of(id).size > 0) known.set(id, ends[recurrence]);
    known.set(variable, scan('before'));
  }
  return { ends, of };
}

/** The recurrences whose variables each node of a growing graph depends on. */
class Dependence {
  private readonly sets: ReadonlySet<number>[] = [];

  constructor(
    private readonly builder: GraphBuilder,
    private readonly variables: readonly NodeId[],
  ) {}

  of(id: NodeId): ReadonlySet<number> {
    while (this.sets.length <= id) this.sets.push(this.compute(this.sets.length));
    return this.sets[id];
  }

  private compute(id: NodeId): ReadonlySet<number> {
    const own = this.variables.indexOf(id);
    if (own >= 0) return new Set([own]);
    const parts = operandsOf(this.builder.nodes[id]).map((operand) => this.sets[operand]);
    const most = parts.reduce((largest, part) => (part.size > largest.size ? part : largest), NONE);
    const isWhole = parts.every((part) => part === most || [...part].every((index) => most.has(index)));
    return isWhole ? most : new Set(parts.flatMap((part) => [...part]));
  }
}

const NONE: ReadonlySet<number> = new Set();

/** A row as a linear function of a variable, number by number; null if it is not one. */
function linearForm(
  builder: GraphBuilder,
  root: NodeId,
  index: number,
  variable: NodeId,
  dependence: Dependence,
): Linear | null {
  const depends = (id: NodeId) => dependence.of(id).has(index);
  const one = builder.constant(1);
  const forms = new Map<NodeId, Linear>([[variable, { factor: one, addend: null, reads: one }]]);
  const formOf = (id: NodeId): Linear => forms.get(id) ?? { factor: null, addend: id, reads: null };
  for (const id of reachable(builder.nodes, [root])) {
    if (id === variable || !depends(id)) continue;
    const node = builder.nodes[id];
    if (node.kind !== 'operation') return null;
    const form = formOfOperation(builder, node.name, node.inputs, depends, formOf);
    if (form === null) return null;
    forms.set(id, form);
  }
  return formOf(root);
}

/** The linear form of an operation on linear forms; null if it has none. */
function formOfOperation(
  builder: GraphBuilder,
  name: OperationName,
  inputs: readonly NodeId[],
  depends: (id: NodeId) => boolean,
  formOf: (id: NodeId) => Linear,
): Linear | null {
  const [a, b, c] = inputs;
  const each = (id: NodeId, apply: (part: NodeId) => NodeId): Linear => {
    const { factor, addend, reads } = formOf(id);
    return {
      factor: factor === null ? null : apply(factor),
      addend: addend === null ? null : apply(addend),
      reads,
    };
  };
  const negated = (id: NodeId) => builder.apply('neg', id);
  type Join = (first: NodeId | null, second: NodeId | null) => NodeId | null;
  const both = (first: Linear, second: Linear, join: Join, joinReads = join): Linear => ({
    factor: join(first.factor, second.factor),
    addend: join(first.addend, second.addend),
    reads: joinReads(first.reads, second.reads),
  });
  const either: Join = (p, q) => (p === null || p === q ? q : q === null ? p : builder.apply('max', p, q));
  switch (name) {
    case 'identity':
      return formOf(a);
    case 'neg':
      return each(a, negated);
    case 'oneMinus': {
      const { addend } = formOf(a);
      const rest = addend === null ? builder.constant(1) : builder.apply('oneMinus', addend);
      return { ...each(a, negated), addend: rest };
    }
    case 'add': {
      const sum: Join = (p, q) => (p === null ? q : q === null ? p : builder.apply('add', p, q));
      return both(formOf(a), formOf(b), sum, either);
    }
    case 'sub': {
      const difference: Join = (p, q) =>
        q === null ? p : p === null ? negated(q) : builder.apply('sub', p, q);
      return both(formOf(a), formOf(b), difference, either);
    }
    case 'mul':
      if (depends(a) && depends(b)) return null;
      return depends(a)
        ? each(a, (part) => builder.apply('mul', part, b))
        : each(b, (part) => builder.apply('mul', a, part));
    case 'div':
      return depends(b) ? null : each(a, (part) => builder.apply('div', part, b));
    case 'select': {
      if (depends(a)) return null;
      const zero = builder.constant(0);
      return both(formOf(b), formOf(c), (p, q) =>
        p === q ? p : builder.apply('select', a, p ?? zero, q ?? zero),
      );
    }
    default:
      return null;
  }
}

/** An order in which each recurrence comes after those that it depends on; null if there is none. */
function orderOf(needed: readonly ReadonlySet<number>[]): number[] | null {
  const order: number[] = [];
  while (order.length < needed.length) {
    const ready = needed.findIndex(
      (others, index) => !order.includes(index) && [...others].every((other) => order.includes(other)),
    );
    if (ready < 0) return null;
    order.push(ready);
  }
  return order;
}
