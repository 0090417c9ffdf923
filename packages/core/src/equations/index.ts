export * from './activations.js';
export { equal, greater, greaterEqual, less, lessEqual, notEqual, where } from './comparisons.js';
export { type Cell, type CellDefinition, defineCell, type Json, type JsonObject } from './define-cell.js';
export { Expression } from './expression.js';
export { type OperationName, operations } from './operations.js';
export {
  bias,
  kernel,
  type ParameterRole,
  type ParameterShape,
  recurrentKernel,
  recurrentVector,
  type Sizes,
} from './parameters.js';
