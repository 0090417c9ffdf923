/** What one epoch came to. */
export interface EpochRecord {
  /** From 1. */
  epoch: number;
  /** Mean loss (nats) over the training examples while they were learnt from, dropout included. */
  loss: number;
  accuracy: number;
  /** After the epoch, over the examples held back; null without any. */
  validationLoss: number | null;
  validationAccuracy: number | null;
  /** Spent on the training batches; validation and checkpoint are not in it. */
  seconds: number;
  examplesPerSecond: number;
}

/**
 * The epoch whose weights are kept: the highest validation accuracy, the lower validation loss among equals,
 * the earlier one after that. Without validation, the last.
 */
export function bestOf(history: readonly EpochRecord[]): EpochRecord | undefined {
  let best: EpochRecord | undefined;
  for (const record of history) if (best === undefined || isBetter(record, best)) best = record;
  return best;
}

function isBetter(record: EpochRecord, than: EpochRecord): boolean {
  if (record.validationAccuracy === null || than.validationAccuracy === null) return true;
  if (record.validationAccuracy !== than.validationAccuracy) {
    return record.validationAccuracy > than.validationAccuracy;
  }
  return (record.validationLoss ?? 0) < (than.validationLoss ?? 0);
}
