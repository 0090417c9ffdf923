import { counted } from '../counted.js';
import { formatPercent } from '../progress/epoch-line.js';
import type { EpochRecord } from '../training/history.js';
import type { RunResult } from '../training/run.js';

/** What `--json` prints at the end of a run. */
export interface Summary {
  backend: string;
  cell: string;
  parameters: number;
  /** Epochs trained, those before a resume included. */
  epochs: number;
  trainExamples: number;
  /** Of the model that is kept, which is that of the best epoch; null without validation. */
  validationAccuracy: number | null;
  /** Of the same model; only with test data. */
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

/** The same for people: the best epoch, whose model is kept, and the last one beside it. */
export function summaryText(result: RunResult, backend: string): string {
  const { best, history, test } = result;
  const last = history.at(-1);
  const lines: string[] = [];
  if (best !== undefined && last !== undefined && best.validationAccuracy !== null) {
    lines.push(`best epoch ${best.epoch} of ${history.length}: ${scores(best)}; this model is kept`);
    if (last !== best) lines.push(`last epoch ${last.epoch}: ${scores(last)}`);
  }
  if (test !== undefined) {
    lines.push(`test accuracy ${formatPercent(test.accuracy)} on ${counted(test.examples, 'example')}`);
  }
  lines.push(`${secondsPerEpoch(history).toFixed(2)} s per epoch on ${backend}`);
  return lines.map((line) => `${line}\n`).join('');
}

function scores({ validationAccuracy, validationLoss }: EpochRecord): string {
  return `validation accuracy ${formatPercent(validationAccuracy ?? 0)}, loss ${(validationLoss ?? 0).toFixed(4)}`;
}
