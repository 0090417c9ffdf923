/** One time step of a network as one WebAssembly function, without allocation: for streams. */
export { type CompiledFrame, compileFrame } from './frame/compile-frame.js';
export type { IntegerProducts } from './frame/integer-products.js';
export type { FrameLayout } from './frame/layout.js';
