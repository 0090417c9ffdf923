import Papa from 'papaparse';
import type { CeilingReport } from '../ceilings/ceilings.js';
import type { Machine } from '../machine.js';
import { isMeasured, isWrong, type Result, type TaskReport } from '../run/results.js';
import type { Task } from '../workloads/workload.js';
import { checkContents, type TaskNotes } from './results-schema.js';

/** A run: the page and the command save it, and the page opens it again. */
export interface Run {
  /** ISO 8601; absent in files that do not say. */
  readonly date?: string;
  readonly machine?: Machine;
  readonly ceilings: readonly CeilingReport[];
  readonly reports: readonly TaskReport[];
}

/** A run as JSON, with a result a line; each is the same as with `--json`. */
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

/** A result as one line of JSON. `maxError` is null when a number was missing or not finite: JSON has no infinity. */
export const jsonLine = (result: Result): string => `${JSON.stringify(jsonFields(result))}\n`;

function jsonFields(result: Result) {
  const { workload, shape, cell, backend, threads, contender } = result;
  const entry = { workload, shape, cell, backend, threads, contender };
  if (!isMeasured(result)) return { ...entry, skipped: result.skipped };
  const { runs, kernels, flops, profile } = result;
  return {
    ...entry,
    medianMs: sixDigits(result.medianMs),
    minMs: sixDigits(result.minMs),
    quartilesMs: result.quartilesMs.map(sixDigits),
    runs,
    roundsMs: result.roundsMs.map(sixDigits),
    firstMs: sixDigits(result.firstMs),
    maxError: Number.isFinite(result.maxError) ? sixDigits(result.maxError) : null,
    kernels,
    flops,
    ...(profile && {
      profile: {
        batches: profile.batches,
        batchMs: sixDigits(profile.batchMs),
        optimizerMs: sixDigits(profile.optimizerMs),
        kernels: profile.kernels.map((kernel) => ({ ...kernel, ms: sixDigits(kernel.ms) })),
      },
    }),
  };
}

/** Clocks are no more exact than six significant digits. */
const sixDigits = (value: number): number => Number(value.toPrecision(6));

const CSV_COLUMNS = [
  ...['workload', 'batch', 'timesteps', 'inputSize', 'units', 'cell', 'backend', 'threads', 'contender'],
  ...['medianMs', 'minMs', 'firstQuartileMs', 'thirdQuartileMs', 'runs', 'firstMs'],
  ...['maxError', 'wrong', 'kernels', 'flops', 'skipped'],
];

/** Results as comma-separated values: the numbers of their JSON, without those of single rounds. */
export function writeCsv(results: readonly Result[]): string {
  const rows = results.map((result) => {
    const { shape, ...fields } = jsonFields(result);
    const [batch, timesteps, inputSize, units] = shape;
    const row = { ...fields, batch, timesteps, inputSize, units };
    if (!('quartilesMs' in fields) || !isMeasured(result)) return row;
    const [firstQuartileMs, thirdQuartileMs] = fields.quartilesMs;
    return { ...row, firstQuartileMs, thirdQuartileMs, wrong: isWrong(result) };
  });
  return Papa.unparse(rows, { columns: CSV_COLUMNS });
}

/** The rows of `writeCsv` as the objects of JSON lines. */
export function readCsv(text: string): Record<string, unknown>[] {
  const { data } = Papa.parse<Record<string, unknown>>(text.trim(), { header: true, dynamicTyping: true });
  return data.map((row) => {
    const { batch, timesteps, inputSize, units, firstQuartileMs, thirdQuartileMs, skipped, ...fields } = row;
    const shape = [batch, timesteps, inputSize, units];
    if (typeof skipped === 'string' && skipped !== '') {
      const { workload, cell, backend, threads, contender } = fields;
      return { workload, shape, cell, backend, threads, contender, skipped };
    }
    const { wrong, ...figures } = fields;
    return { ...figures, shape, quartilesMs: [firstQuartileMs, thirdQuartileMs], roundsMs: [] };
  });
}

/** Reports as in a file, with rounded numbers: the page shows the numbers that it saves. */
export const savedReports = (reports: readonly TaskReport[]): readonly TaskReport[] =>
  readRun(writeRun({ ceilings: [], reports })).reports;

/**
 * A run from the text of a file: the text of `writeRun`, of `writeCsv`, or the lines of `--json`.
 *
 * @throws Error with the reason for other texts.
 */
export function readRun(text: string): Run {
  const contents = contentsOf(text);
  const { results } = contents as { results?: unknown };
  if (!Array.isArray(results) || !results.every(isObject)) {
    throw new Error(
      'This is not a file of results: download one here, or save the output of npm run bench -- --json.',
    );
  }
  const { date, machine, ceilings, tasks, ...checked } = checkContents(contents);
  return {
    date: date ?? undefined,
    machine: machine ?? undefined,
    ceilings: (ceilings ?? []).flatMap(readCeiling),
    reports: reportsOf(checked.results.map(withInfinity), tasks ?? []),
  };
}

const isObject = (value: unknown) => typeof value === 'object' && value !== null && !Array.isArray(value);

function contentsOf(text: string): object {
  const whole = parseOrUndefined(text);
  if (whole && typeof whole === 'object' && 'results' in whole) return whole;
  if (text.startsWith('workload,')) return { results: readCsv(text) };
  const lines = text.split('\n').filter((line) => line.trim() !== '');
  const results = lines.map(parseOrUndefined);
  const areResults =
    results.length > 0 && results.every((one) => isObject(one) && 'workload' in (one as object));
  return { results: areResults ? results : undefined };
}

function parseOrUndefined(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** JSON has no infinity: an error that was not finite is null in a file. */
const withInfinity = (result: Result): Result =>
  'maxError' in result && result.maxError === null
    ? { ...result, maxError: Number.POSITIVE_INFINITY }
    : result;

/** JSON has no infinity and no NaN: a speed that was not finite is null in a file, and no ceiling. */
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
    const { notes = [], covers } = tasks.find((task) => keyOf(task) === key) ?? {};
    const report = reports.get(key) ?? { task: { workload, shape, cell }, results: [], notes, covers };
    report.results.push(result);
    reports.set(key, report);
  }
  return [...reports.values()];
}
