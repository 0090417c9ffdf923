export { type Node, operandsOf, reachable } from '../graph/graph.js';
export { isInputProjection, type Product, type ProductOperand } from '../graph/products.js';
export type { RecurrentMask, TraceOptions } from '../graph/trace.js';
export { outputState } from './output-state.js';
export { type Plan, planFor } from './plan.js';
export { pointwiseProgram } from './pointwise.js';
export type { Program, Schedule, Slot, Stage } from './program.js';
