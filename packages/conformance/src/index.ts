export { type Agreement, expectAgreement, type Named, type WorstNumber, within } from './compare.js';
export { type CaseNames, type ConformanceCase, caseById, listCases } from './list-cases.js';
export type { CaseFailure } from './outcome.js';
export { type ConformanceReport, reportText } from './report.js';
export type { BackendUnderTest } from './run-case.js';
export type { CellShare, Level, Selection, Tier } from './selection.js';
export { testBackend } from './test-backend.js';
export type { CellErrors } from './tolerances.js';
export { type Tolerances, type TolerancesName, tolerances } from './tolerances.js';
