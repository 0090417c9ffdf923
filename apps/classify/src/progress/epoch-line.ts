import { counted } from '../counted.js';
import type { EpochRecord } from '../training/history.js';
import type { RunDescription } from '../training/run.js';
import { formatDuration } from './time-left.js';

/** The line that opens a run. */
export function openingLine({ settings, parameters, ...run }: RunDescription): string {
  const direction = settings.bidirectional ? ' bidirectional' : '';
  const resumed = run.finishedEpochs > 0 ? `, resumed after epoch ${run.finishedEpochs}` : '';
  return (
    `${settings.cell}: ${settings.layers} ×${direction} ${counted(settings.units, 'unit')}, ${formatCount(parameters)} parameters; ` +
    `${counted(run.trainExamples, 'example')} in ${run.classes} classes, ` +
    `${formatCount(run.validationExamples)} for validation${resumed}\n`
  );
}

/** The line that an epoch leaves behind. */
export function epochLine(record: EpochRecord, epochs: number): string {
  const { epoch, loss, accuracy, validationLoss, validationAccuracy, seconds } = record;
  const validation =
    validationLoss === null || validationAccuracy === null
      ? ''
      : `  validation loss ${validationLoss.toFixed(4)}  accuracy ${formatPercent(validationAccuracy)}`;
  return (
    `epoch ${epoch}/${epochs}  loss ${loss.toFixed(4)}  accuracy ${formatPercent(accuracy)}${validation}  ` +
    `${formatDuration(seconds)}, ${formatCount(record.examplesPerSecond)} examples/s\n`
  );
}

/** 0.7532 as 75.3 %. */
export function formatPercent(part: number): string {
  return `${(part * 100).toFixed(1)} %`;
}

/** A count with its thousands set apart: 1,280,000. */
export function formatCount(count: number): string {
  return Math.round(count).toLocaleString('en');
}
