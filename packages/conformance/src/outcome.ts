import { Disagreement, type WorstNumber } from './compare.js';

/** A case that failed. */
export interface CaseFailure {
  /** For `caseById`, and for `--case` of the command. */
  readonly id: string;
  /** The titles of suite and case. */
  readonly name: string;
  readonly message: string;
  /** The worst number, when results do not agree with the expected ones. */
  readonly worst?: WorstNumber;
}

/** The outcome of a case: passed, or the reason of the failure. */
export type Outcome = 'passed' | Pick<CaseFailure, 'message' | 'worst'>;

/** The outcome of a case whose check threw. */
export function failureOf(error: unknown): Outcome {
  if (error instanceof Disagreement) {
    const [worst] = [...error.worst].sort((a, b) => b.error - a.error);
    return { message: error.message, ...(worst && { worst }) };
  }
  if (error instanceof Error) return { message: `${error.name}: ${error.message}` };
  return { message: `The backend threw ${String(error)}, which is no Error.` };
}
