export * from './backend/index.js';
export * from './cells/catalogue.js';
export * from './documentation/index.js';
export * from './equations/index.js';
export * from './layouts/index.js';
export * from './plan/index.js';
export { type ReferenceResult, type ReferenceStep, referenceForward } from './reference/forward.js';
export { referenceGradient } from './reference/gradient.js';
