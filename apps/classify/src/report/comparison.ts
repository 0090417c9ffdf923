import { formatCount, formatPercent } from '../progress/epoch-line.js';
import { bestOf, type EpochRecord } from '../training/history.js';
import { secondsPerEpoch } from './summary.js';
import type { Column } from './text-table.js';

/** What one cell came to in a comparison. */
export interface ComparedRun {
  cell: string;
  parameters: number;
  history: EpochRecord[];
  /** With test data only. */
  testAccuracy: number | undefined;
}

/** The comparison's one table: a heading and, for each cell, a row of the same length. */
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
