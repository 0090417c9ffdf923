import type { NodeId } from '../equations/operations.js';
import { GraphBuilder, type Node, reachable } from '../graph/graph.js';
import type { Plan } from '../plan/plan.js';
import { remember } from '../remember.js';
import { type CotangentBuffers, cotangentBuffers, savedValues } from './kept-values.js';
import { type Cotangents, reverse } from './reverse.js';

/** The gradient of one time step of a plan, and what the forward pass saves for it. */
export interface StepGradient extends Cotangents, CotangentBuffers {
  /** The plan's nodes, followed by those of the gradient, and the lengths of their rows. */
  readonly nodes: readonly Node[];
  readonly widths: readonly number[];
  /** The values that the forward pass saves: first those that products read. */
  readonly savedValues: readonly NodeId[];
}

const once = /* @__PURE__ */ remember<Plan, StepGradient>();

/** The gradient of a plan; the same object every time. It is derived when it is first asked for. */
export const gradientOf = (plan: Plan): StepGradient => once(plan, '', () => derive(plan));

function derive(plan: Plan): StepGradient {
  const builder = new GraphBuilder(plan);
  for (const node of plan.nodes) builder.intern(node);
  const cotangents = reverse(builder, plan);
  const { nodes, widths } = builder;
  const storage = cotangentBuffers(
    cotangents.products.map((ofProduct, product) => ({
      cotangents: ofProduct,
      widths: plan.products[product].results.map((id) => widths[id]),
    })),
  );
  const { previousStates, input, vectors } = cotangents;
  const roots = [
    ...storage.buffers.flat(),
    ...vectors.map(({ node }) => node),
    ...(input === null ? [] : [input]),
    ...previousStates,
  ];
  const results = [...plan.newStates, plan.output];
  const forward = new Set(reachable(nodes, results));
  const saved = savedValues(nodes, roots, new Set(results), (id) => forward.has(id));
  return {
    ...cotangents,
    ...storage,
    nodes,
    widths,
    savedValues: [...new Set([...plan.operandValues, ...saved])],
  };
}
