/** Cells, their plans, documentation and float64 reference. The other subpaths: `/cells`, `/equations`, `/layouts`, `/pytorch` and `/backend`. */
export {
  type CellFactory,
  cellFrom,
  registerCell,
  type SavedCell,
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
export type {
  AttentionGruOptions,
  CfcOptions,
  GruOptions,
  IndRnnOptions,
  LiGruOptions,
  LstmOptions,
  MinGruOptions,
  MinLstmOptions,
  MLstmOptions,
  QrnnOptions,
  RgLruOptions,
  S6Options,
  SimpleRnnOptions,
  SLstmOptions,
  SruOptions,
} from './cells/index.js';
/** The cells of Sluice, by name. */
export * as cells from './cells/index.js';
export { type DocumentationOptions, explain, latex } from './documentation/explain.js';
export { defineCell } from './equations/define-cell.js';
export type { Cell, CellDefinition, Json, JsonObject } from './equations/make-cell.js';
export type { InitialValue, ParameterRole, ParameterShape, Sizes } from './equations/parameters.js';
export type { TraceOptions } from './graph/trace.js';
export {
  type CellOfNames,
  cellOfNames,
  type NamedColumns,
  type ProbedCell,
  probedCell,
} from './inspection/cells.js';
export {
  type InspectedInputs,
  type InspectOptions,
  inspect,
  inspectGradients,
  normsByStep,
  type StepGradients,
  type ValuesOverTime,
} from './inspection/inspect.js';
export { type Plan, planFor } from './plan/plan.js';
export { type ReferenceResult, type ReferenceStep, referenceForward } from './reference/forward.js';
export { referenceGradient } from './reference/gradient.js';
export {
  CellTextError,
  type CellTextOptions,
  type CellTextParameter,
  cellFromLatex,
  cellFromText,
} from './text/index.js';
