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
  /** The case passed when it ran again, alone: the fault depends on earlier calls. Only the printed cases run again. */
  readonly passesAlone?: true;
}

/** The outcome of a case: passed, or the reason of the failure. */
export type Outcome = 'passed' | Pick<CaseFailure, 'message' | 'worst' | 'passesAlone'>;

/** The outcome of a case whose check threw. */
export function failureOf(error: unknown): Outcome {
  if (error instanceof Disagreement) {
    const [worst] = [...error.worst].sort((a, b) => b.error - a.error);
    return { message: error.message, ...(worst && { worst }) };
  }
  if (error instanceof Error) return { message: `${error.name}: ${error.message}` };
  return { message: `The backend threw ${formatThrown(error)}` };
}

/** The message of a failure, and whether its case passes alone. */
export const failureText = ({
  message,
  passesAlone,
}: Pick<CaseFailure, 'message' | 'passesAlone'>): string =>
  passesAlone ? `${message}\nIt passes when it runs alone, so the fault depends on earlier calls.` : message;

/** The message of something thrown, which may be no Error. */
export const messageOf = (error: unknown): string =>
  error instanceof Error ? error.message : formatThrown(error);

const formatThrown = (value: unknown): string =>
  `${typeof value === 'string' ? `'${value}'` : String(value)}, which is no Error.`;
