/** Cells, their plans, documentation and float64 reference. The other subpaths: `/equations`, `/layouts`, `/pytorch` and `/backend`. */
export {
  type AttentionGruOptions,
  type CellFactory,
  type CfcOptions,
  cellFrom,
  cells,
  type GruOptions,
  type IndRnnOptions,
  type LiGruOptions,
  type LstmOptions,
  type MinGruOptions,
  type MinLstmOptions,
  type MLstmOptions,
  type QrnnOptions,
  type RgLruOptions,
  registerCell,
  type S6Options,
  type SavedCell,
  type SimpleRnnOptions,
  type SLstmOptions,
  type SruOptions,
  saveCell,
} from './cells/catalogue.js';
export {
  type CellData,
  cellFromData,
  cellToData,
  type ParameterData,
  type TermData,
} from './cells/cell-data.js';
export { type ComposedPart, compose } from './cells/compose.js';
export { explain, latex } from './documentation/explain.js';
export {
  type Cell,
  type CellDefinition,
  defineCell,
  type Json,
  type JsonObject,
} from './equations/define-cell.js';
export type { InitialValue, ParameterRole, ParameterShape, Sizes } from './equations/parameters.js';
export type { TraceOptions } from './graph/trace.js';
export { type Plan, planFor } from './plan/plan.js';
export { type ReferenceResult, type ReferenceStep, referenceForward } from './reference/forward.js';
export { referenceGradient } from './reference/gradient.js';
