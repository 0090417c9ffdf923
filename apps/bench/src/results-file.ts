import type { CeilingReport } from './ceilings/ceilings.js';
import type { Machine } from './machine.js';
import { readCsv } from './report/csv.js';
import { jsonFields } from './report/json-lines.js';
import type { Result, TaskReport } from './results.js';
import { isWorkload, type Task } from './workloads/workload.js';

/** All that is known about a run: what the page and the command save and the page opens again. */
export interface Run {
  /** When it was measured, as ISO 8601; absent in files that do not say. */
  readonly date?: string;
  readonly machine?: Machine;
  readonly ceilings: readonly CeilingReport[];
  readonly reports: readonly TaskReport[];
}

/** What a file says of a task beside its results. */
type TaskNotes = Task & Pick<TaskReport, 'notes' | 'covers'>;

/** A run as JSON, with a result a line; each is what `--json` prints. */
export function writeRun({ date, machine, ceilings, reports }: Run): string {
  const results = reports.flatMap((report) => report.results.map(jsonFields));
  const tasks = reports.map(({ task, notes, covers }): TaskNotes => ({ ...task, notes, covers }));
  const list = (values: readonly unknown[]) =>
    values.length === 0
      ? '[]'
      : `[\n${values.map((value) => `    ${JSON.stringify(value)}`).join(',\n')}\n  ]`;
  return `{
  "date": ${JSON.stringify(date ?? null)},
  "machine": ${JSON.stringify(machine ?? null)},
  "ceilings": ${list(ceilings)},
  "tasks": ${list(tasks)},
  "results": ${list(results)}
}
`;
}

/** Reports as a file has them, whose numbers are rounded: what is shown is what is saved. */
export const savedReports = (reports: readonly TaskReport[]): readonly TaskReport[] =>
  readRun(writeRun({ ceilings: [], reports })).reports;

/**
 * A run from the text of a file: what `writeRun` or `writeCsv` has written, or the lines that `--json` prints.
 * @throws Error with a reason when it is neither.
 */
export function readRun(text: string): Run {
  const { date, machine, ceilings, tasks = [], results } = contentsOf(text);
  if (!Array.isArray(results) || !results.every(isResult)) {
    throw new Error(
      'This is not a file of results: download one here, or save what npm run bench -- --json prints.',
    );
  }
  return {
    date: date ?? undefined,
    machine: machine ?? undefined,
    ceilings: (ceilings ?? []).flatMap(readCeiling),
    reports: reportsOf(results.map(finite), tasks),
  };
}

interface Contents {
  readonly date?: string | null;
  readonly machine?: Machine | null;
  readonly ceilings?: readonly (CeilingReport | null)[] | null;
  readonly tasks?: readonly TaskNotes[];
  readonly results?: unknown;
}

function contentsOf(text: string): Contents {
  const whole = parsed(text);
  if (whole && typeof whole === 'object' && 'results' in whole) return whole as Contents;
  if (text.startsWith('workload,')) return { results: readCsv(text) };
  const lines = text.split('\n').filter((line) => line.trim() !== '');
  return { results: lines.length > 0 && lines.map(parsed) };
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function isResult(value: unknown): value is Result {
  const { workload, shape, cell, backend, contender, skipped, medianMs } = (value ?? {}) as Partial<
    Record<string, unknown>
  >;
  const named = [cell, backend, contender].every((name) => typeof name === 'string');
  const shaped = Array.isArray(shape) && shape.length === 4 && shape.every(Number.isInteger);
  return (
    isWorkload(workload) && named && shaped && (typeof skipped === 'string' || typeof medianMs === 'number')
  );
}

/** JSON has no infinity: an error that was not finite is null there. */
const finite = (result: Result): Result =>
  'maxError' in result && result.maxError === null
    ? { ...result, maxError: Number.POSITIVE_INFINITY }
    : result;

/** JSON has no infinity and no NaN: a speed that was not finite is null there, and no ceiling. */
function readCeiling(ceiling: CeilingReport | null): CeilingReport[] {
  if (ceiling === null) return [];
  if ('skipped' in ceiling) return [ceiling];
  const { backend, registerLoop, matrixProduct } = ceiling;
  if (Number.isFinite(registerLoop) && Number.isFinite(matrixProduct)) return [ceiling];
  return [{ backend, skipped: 'its speed in the file is not a number' }];
}

/** Results by task, in their order. */
function reportsOf(results: readonly Result[], tasks: readonly TaskNotes[]): TaskReport[] {
  const keyOf = ({ workload, shape, cell }: Task) => [workload, ...shape, cell].join();
  const reports = new Map<string, TaskReport & { results: Result[] }>();
  for (const result of results) {
    const { workload, shape, cell } = result;
    const key = keyOf(result);
    const known = tasks.find((task) => keyOf(task) === key);
    const report = reports.get(key) ?? {
      task: { workload, shape, cell },
      results: [],
      notes: known?.notes ?? [],
      covers: known?.covers,
    };
    report.results.push(result);
    reports.set(key, report);
  }
  return [...reports.values()];
}
