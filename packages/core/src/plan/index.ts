export { type Node, operandsOf, reachable } from './graph.js';
export { type Plan, planFor } from './plan.js';
export { isInputProjection, type Product, type ProductOperand } from './products.js';
export type { Program, Schedule, Slot, Stage } from './program.js';
export type { RecurrentMask, TraceOptions } from './trace.js';
