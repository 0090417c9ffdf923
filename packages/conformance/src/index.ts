export { type Agreement, expectAgreement, type Named, within } from './compare.js';
export { type ConformanceReport, reportText } from './report.js';
export { type BackendUnderTest, testBackend } from './test-backend.js';
export type { CellShare, Tier } from './tier.js';
export type { CellErrors } from './tolerances.js';
export { type Tolerances, type TolerancesName, tolerances } from './tolerances.js';
