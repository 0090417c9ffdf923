import { formatCount, formatPercent } from '../terminal/numbers.js';
import { printableLine } from '../terminal/streams.js';
import type { Evaluation } from '../training/evaluate.js';
import { bestOf, type EpochRecord } from '../training/history.js';
import { secondsPerEpoch } from './summary.js';

/** A column of a table: its heading and its alignment. */
export interface Column {
  heading: string;
  align: 'left' | 'right';
}

/** A table in plain text, columns two spaces apart, headings underlined. Ends with a line break. */
export function textTable(columns: readonly Column[], rows: readonly (readonly string[])[]): string {
  // Escaped before the widths are measured, so that the columns are aligned.
  return tableOf(
    columns.map((column) => ({ ...column, heading: printableLine(column.heading) })),
    rows.map((row) => row.map(printableLine)),
  );
}

function tableOf(columns: readonly Column[], rows: readonly (readonly string[])[]): string {
  const widths = columns.map(({ heading }, index) =>
    Math.max(displayWidth(heading), ...rows.map((row) => displayWidth(row[index]))),
  );
  const line = (cells: readonly string[]) =>
    cells
      .map((cell, index) => {
        const space = ' '.repeat(widths[index] - displayWidth(cell));
        return columns[index].align === 'left' ? cell + space : space + cell;
      })
      .join('  ')
      .trimEnd();
  const headings = columns.map(({ heading }) => heading);
  const rule = widths.map((width) => '─'.repeat(width)).join('  ');
  return `${[line(headings), rule, ...rows.map(line)].join('\n')}\n`;
}

/** The number of code points: the columns on a terminal, for text without wide or combining characters. */
function displayWidth(text: string): number {
  return [...text].length;
}

/** With more classes, a confusion matrix is wider than a terminal. */
const widestMatrix = 16;

/** Precision, recall and F1 of each class, and for few classes the confusion matrix. */
export function classReport({ confusion }: Evaluation, classes: readonly string[]): string {
  const counts = confusion.map((row) => row.reduce((sum, count) => sum + count, 0));
  const predicted = confusion.map((_, column) => confusion.reduce((sum, row) => sum + row[column], 0));
  const right = (cells: readonly string[]): Column[] =>
    cells.map((heading) => ({ heading, align: 'right' as const }));
  const scores = textTable(
    [{ heading: 'class', align: 'left' }, ...right(['examples', 'precision', 'recall', 'F1'])],
    classes.map((label, index) => {
      const hits = confusion[index][index];
      const share = (of: number) => (of === 0 ? '–' : formatPercent(hits / of));
      const both = counts[index] + predicted[index];
      const f1 = both === 0 ? '–' : formatPercent((2 * hits) / both);
      return [label, String(counts[index]), share(predicted[index]), share(counts[index]), f1];
    }),
  );
  if (classes.length > widestMatrix) return scores;
  const matrix = textTable(
    [{ heading: 'true \\ predicted', align: 'left' }, ...right(classes)],
    classes.map((label, index) => [label, ...confusion[index].map(String)]),
  );
  return `${scores}\n${matrix}`;
}

/** The result of one cell in a comparison. */
export interface ComparedRun {
  cell: string;
  parameters: number;
  history: EpochRecord[];
  /** With test data only. */
  testAccuracy: number | undefined;
}

/** The table of a comparison: headings, and a row for each cell. */
export function comparisonTable(runs: readonly ComparedRun[]): { columns: Column[]; rows: string[][] } {
  const withTest = runs.some(({ testAccuracy }) => testAccuracy !== undefined);
  const headings = [
    'accuracy',
    'loss',
    'best epoch',
    ...(withTest ? ['test accuracy'] : []),
    'parameters',
    's/epoch',
    'examples/s',
  ];
  const columns: Column[] = [
    { heading: 'cell', align: 'left' },
    ...headings.map((heading): Column => ({ heading, align: 'right' })),
  ];
  const rows = runs.map(({ cell, parameters, history, testAccuracy }) => {
    const best = bestOf(history);
    const seconds = secondsPerEpoch(history);
    const examples = history.length > 0 ? (history[0].examplesPerSecond * history[0].seconds) / seconds : 0;
    return [
      cell,
      formatPercent(best?.validationAccuracy ?? best?.accuracy ?? 0),
      (best?.validationLoss ?? best?.loss ?? 0).toFixed(4),
      `${best?.epoch ?? 0} of ${history.length}`,
      ...(withTest ? [testAccuracy === undefined ? '' : formatPercent(testAccuracy)] : []),
      formatCount(parameters),
      seconds.toFixed(2),
      formatCount(examples),
    ];
  });
  return { columns, rows };
}
