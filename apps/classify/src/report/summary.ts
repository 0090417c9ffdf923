import { formatPercent, formatQuantity } from '../terminal/numbers.js';
import type { EpochRecord } from '../training/history.js';
import type { RunResult } from '../training/run.js';

/** The last object of `--json`. */
export interface Summary {
  backend: string;
  cell: string;
  parameters: number;
  /** The number of epochs, with those before a resume. */
  epochs: number;
  trainExamples: number;
  /** Of the best epoch, whose model is saved; null without validation. */
  validationAccuracy: number | null;
  /** Of the same model; absent without test data. */
  testAccuracy?: number;
  secondsPerEpoch: number;
}

/** The summary of a finished run. */
export function summaryOf(
  result: RunResult,
  run: { backend: string; cell: string; trainExamples: number },
): Summary {
  return {
    backend: run.backend,
    cell: run.cell,
    parameters: result.parameters,
    epochs: result.history.length,
    trainExamples: run.trainExamples,
    validationAccuracy: result.best?.validationAccuracy ?? null,
    ...(result.test && { testAccuracy: result.test.accuracy }),
    secondsPerEpoch: secondsPerEpoch(result.history),
  };
}

/** The mean time of an epoch's training batches. */
export function secondsPerEpoch(history: readonly EpochRecord[]): number {
  if (history.length === 0) return 0;
  return history.reduce((sum, { seconds }) => sum + seconds, 0) / history.length;
}

/** The summary in words: the best epoch, whose model is saved, and the last epoch. */
export function summaryText(result: RunResult, backend: string): string {
  const { best, history, test } = result;
  const last = history.at(-1);
  const lines: string[] = [];
  if (best !== undefined && last !== undefined && best.validationAccuracy !== null) {
    lines.push(`best epoch ${best.epoch} of ${history.length}: ${scores(best)}; this model is kept`);
    if (last !== best) lines.push(`last epoch ${last.epoch}: ${scores(last)}`);
  }
  if (test !== undefined) {
    lines.push(
      `test accuracy ${formatPercent(test.accuracy)} on ${formatQuantity(test.examples, 'example')}`,
    );
  }
  lines.push(`${secondsPerEpoch(history).toFixed(2)} s per epoch on ${backend}`);
  return lines.map((line) => `${line}\n`).join('');
}

function scores({ validationAccuracy, validationLoss }: EpochRecord): string {
  return `validation accuracy ${formatPercent(validationAccuracy ?? 0)}, loss ${(validationLoss ?? 0).toFixed(4)}`;
}
