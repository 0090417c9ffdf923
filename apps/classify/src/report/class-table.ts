import { formatPercent } from '../progress/epoch-line.js';
import type { Evaluation } from '../training/evaluate.js';
import { type Column, textTable } from './text-table.js';

/** More classes make a confusion matrix that no terminal holds. */
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
