import { group } from 'd3-array';
import Papa from 'papaparse';
import * as v from 'valibot';
import {
  type CeilingReport,
  ceilingSchema,
  isMeasured,
  isWrong,
  type Machine,
  machineSchema,
  type Result,
  resultSchema,
  type TaskNotes,
  type TaskReport,
  taskSchema,
} from '../run/results.js';
import type { Task } from '../workloads/workload.js';

/** A run: the page and the command save it, and the page opens it again. */
export interface Run {
  /** ISO 8601; absent in files that do not say. */
  readonly date?: string;
  readonly machine?: Machine;
  readonly ceilings: readonly CeilingReport[];
  readonly reports: readonly TaskReport[];
}

/** The contents of a file of results. */
const contents = v.object({
  date: v.nullish(v.pipe(v.string(), v.isoTimestamp())),
  machine: v.nullish(machineSchema),
  ceilings: v.nullish(v.array(v.nullable(ceilingSchema))),
  tasks: v.optional(v.array(taskSchema)),
  results: v.array(resultSchema),
});

/** Clocks are no more exact than six significant digits. */
const sixDigits = (_: string, value: unknown) =>
  typeof value === 'number' && !Number.isInteger(value) ? Number(value.toPrecision(6)) : value;

const jsonOf = (value: unknown): string => JSON.stringify(value, sixDigits);

/** A result as one line of JSON. `maxError` is null when a number was missing or not finite: JSON has no infinity. */
export const jsonLine = (result: Result): string => `${jsonOf(result)}\n`;

/** A run as JSON, with a result a line; each is the same as with `--json`. */
export function writeRun({ date = '', machine, ceilings, reports }: Run): string {
  const results = reports.flatMap((report) => report.results);
  const tasks = reports.map(({ task, notes, covers }): TaskNotes => ({ ...task, notes, covers }));
  const lists = Object.entries({ ceilings, tasks, results }).map(
    ([name, values]) => `  "${name}": [\n${values.map((value) => `    ${jsonOf(value)}`).join(',\n')}\n  ]`,
  );
  const head = [`  "date": ${jsonOf(date || null)}`, `  "machine": ${jsonOf(machine ?? null)}`];
  return `{\n${[...head, ...lists].join(',\n')}\n}\n`;
}

/** The columns of a list of numbers. */
const CSV_LISTS = {
  shape: ['batch', 'timesteps', 'inputSize', 'units'],
  quartilesMs: ['firstQuartileMs', 'thirdQuartileMs'],
};
const CSV_COLUMNS = [
  ...['workload', ...CSV_LISTS.shape, 'cell', 'backend', 'threads', 'contender'],
  ...['medianMs', 'minMs', ...CSV_LISTS.quartilesMs, 'runs', 'firstMs'],
  ...['maxError', 'wrong', 'kernels', 'flops', 'skipped'],
];

/** Results as comma-separated values: the numbers of their JSON, without those of single rounds. */
export function writeCsv(results: readonly Result[]): string {
  const rows = results.map((result) => {
    const row = JSON.parse(jsonOf(result));
    for (const [list, columns] of Object.entries(CSV_LISTS)) {
      columns.forEach((column, i) => {
        row[column] = row[list]?.[i];
      });
    }
    return { ...row, wrong: isMeasured(result) ? isWrong(result) : undefined };
  });
  return Papa.unparse(rows, { columns: CSV_COLUMNS });
}

/** The rows of `writeCsv` as the objects of JSON lines. */
export function readCsv(text: string): object[] {
  const { data } = Papa.parse<Record<string, unknown>>(text.trim(), { header: true, dynamicTyping: true });
  return data.map(({ skipped, ...row }) => {
    const lists = Object.entries(CSV_LISTS).map(([list, columns]) => [
      list,
      columns.map((name) => row[name]),
    ]);
    return { ...row, ...Object.fromEntries(lists), roundsMs: [], ...(skipped ? { skipped } : {}) };
  });
}

/** Reports as in a file, with rounded numbers: the page shows the numbers that it saves. */
export const savedReports = (reports: readonly TaskReport[]): readonly TaskReport[] =>
  readRun(writeRun({ ceilings: [], reports })).reports;

/**
 * A run from the text of a file: the text of `writeRun`, of `writeCsv`, or the lines of `--json`.
 *
 * @throws Error with the reason for other texts, or that names the first field that is missing or wrong.
 */
export function readRun(text: string): Run {
  const { issues, output } = v.safeParse(contents, contentsOf(text));
  if (issues) {
    const [{ message, path = [], received }] = issues;
    const keys = path.map(({ key }) => (typeof key === 'number' ? `[${key}]` : `.${key}`));
    const name = keys.join('').slice(1);
    throw new Error(
      received === 'undefined' ? `The field ${name} is missing.` : `The field ${name} is wrong: ${message}.`,
    );
  }
  const { date, machine, ceilings, tasks = [], results } = output;
  return {
    date: date ?? undefined,
    machine: machine ?? undefined,
    ceilings: ceilings?.filter((ceiling) => ceiling !== null) ?? [],
    reports: reportsOf(results, tasks),
  };
}

function contentsOf(text: string): unknown {
  const whole = parseOrUndefined(text);
  if (Array.isArray(whole?.results)) return whole;
  if (text.startsWith('workload,')) return { results: readCsv(text) };
  const lines = text.split('\n').filter((line) => line.trim() !== '');
  const results = lines.map(parseOrUndefined);
  if (results.length > 0 && results.every((one) => one?.workload !== undefined)) return { results };
  throw new Error(
    'This is not a file of results: download one here, or save the output of npm run bench -- --json.',
  );
}

function parseOrUndefined(text: string): { results?: unknown; workload?: unknown } | null | undefined {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** Results by task, in their order. */
function reportsOf(results: readonly Result[], tasks: readonly TaskNotes[]): TaskReport[] {
  const keyOf = ({ workload, shape, cell }: Task) => [workload, ...shape, cell].join();
  return [...group(results, keyOf)].map(([key, own]) => {
    const [{ workload, shape, cell }] = own;
    const { notes = [], covers } = tasks.find((task) => keyOf(task) === key) ?? {};
    return { task: { workload, shape, cell }, results: own, notes, covers };
  });
}
