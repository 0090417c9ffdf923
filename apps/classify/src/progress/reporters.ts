import { Presets, SingleBar } from 'cli-progress';
import { formatCount, formatDuration, formatPercent, formatQuantity } from '../terminal/numbers.js';
import type { Streams } from '../terminal/streams.js';
import type { BatchProgress } from '../training/epoch.js';
import type { EpochRecord } from '../training/history.js';
import type { RunDescription, TrainingObserver } from '../training/run.js';

/** Shows the progress of a run. */
export interface Reporter extends TrainingObserver {
  /** Restores the terminal. Called at the end of the run, also after a failure. */
  end(): void;
}

/**
 * The reporter for the options and the terminal.
 *
 * @param about for JSON: the first entries of each object.
 */
export function chooseReporter(streams: Streams, json: boolean, about?: Record<string, string>): Reporter {
  if (json) return jsonReporter(streams, about);
  return streams.bar.isTTY ? barReporter(streams) : lineReporter(streams);
}

/** For a terminal: a bar for the current epoch on standard error, a line for each finished epoch. */
export function barReporter({ output, bar: terminal }: Pick<Streams, 'output' | 'bar'>): Reporter {
  let bar: SingleBar | undefined;
  let timeLeft: TimeLeft;
  let epochs = 0;
  const clear = () => {
    bar?.stop();
    bar = undefined;
  };
  return {
    begin(run) {
      epochs = run.settings.epochs;
      timeLeft = new TimeLeft(run, performance.now());
      output.write(openingLine(run));
    },
    batch(progress) {
      const { epoch, batch, batches, loss, accuracy } = progress;
      const shown = {
        epoch: `${epoch}/${epochs}`,
        loss: loss.toFixed(4),
        accuracy: formatPercent(accuracy),
        left: formatDuration(timeLeft.seconds(progress, performance.now())),
      };
      if (bar === undefined) {
        bar = new SingleBar(
          {
            format: 'epoch {epoch} {bar} {value}/{total}  loss {loss}  accuracy {accuracy}  {left} left',
            stream: terminal as NodeJS.WriteStream,
            clearOnComplete: true,
            barsize: 24,
            // The command handles Ctrl-C itself: it stops after the current batch.
            gracefulExit: false,
          },
          Presets.shades_classic,
        );
        bar.start(batches, batch, shown);
      } else {
        bar.update(batch, shown);
      }
    },
    epoch(record) {
      clear();
      output.write(epochLine(record, epochs));
    },
    end: clear,
  };
}

/** Milliseconds between two lines within an epoch. */
const interval = 15_000;

/** For files and pipes: a line for each epoch and, within long epochs, a line on standard error every 15 s. */
export function lineReporter({ output, error }: Pick<Streams, 'output' | 'error'>): Reporter {
  let timeLeft: TimeLeft;
  let epochs = 0;
  let lastLine = 0;
  return {
    begin(run) {
      epochs = run.settings.epochs;
      lastLine = performance.now();
      timeLeft = new TimeLeft(run, lastLine);
      output.write(openingLine(run));
    },
    batch(progress) {
      const now = performance.now();
      if (now - lastLine < interval) return;
      lastLine = now;
      const { epoch, batch, batches, loss, accuracy } = progress;
      error.write(
        `epoch ${epoch}/${epochs}  batch ${batch}/${batches}  loss ${loss.toFixed(4)}  ` +
          `accuracy ${formatPercent(accuracy)}  ${formatDuration(timeLeft.seconds(progress, now))} left\n`,
      );
    },
    epoch(record) {
      lastLine = performance.now();
      output.write(epochLine(record, epochs));
    },
    end() {},
  };
}

/**
 * For programs: one JSON object for each epoch on standard output, and nothing else. A resumed run prints only its own
 * epochs.
 *
 * @param about the first entries of each object.
 */
export function jsonReporter(
  { output }: Pick<Streams, 'output'>,
  about: Record<string, string> = {},
): Reporter {
  return {
    begin() {},
    batch() {},
    epoch(record) {
      output.write(`${JSON.stringify({ ...about, ...record })}\n`);
    },
    end() {},
  };
}

/** Estimates the time that is left, from the pace so far. */
export class TimeLeft {
  private readonly started: number;
  private readonly firstEpoch: number;
  private readonly epochs: number;

  /** @param now milliseconds, any origin. */
  constructor(run: RunDescription, now: number) {
    this.started = now;
    this.firstEpoch = run.finishedEpochs + 1;
    this.epochs = run.settings.epochs;
  }

  /** Seconds until the end of the last epoch. They include validation after the first one. */
  seconds({ epoch, batch, batches }: BatchProgress, now: number): number {
    const done = (epoch - this.firstEpoch) * batches + batch;
    const left = (this.epochs - epoch + 1) * batches - batch;
    return ((now - this.started) / 1000 / done) * left;
  }
}

/** The first line of a run. */
export function openingLine({ settings, parameters, ...run }: RunDescription): string {
  const direction = settings.bidirectional ? ' bidirectional' : '';
  const resumed = run.finishedEpochs > 0 ? `, resumed after epoch ${run.finishedEpochs}` : '';
  return (
    `${settings.cell}: ${settings.layers} ×${direction} ${formatQuantity(settings.units, 'unit')}, ${formatCount(parameters)} parameters; ` +
    `${formatQuantity(run.trainExamples, 'example')} in ${run.classes} classes, ` +
    `${formatCount(run.validationExamples)} for validation${resumed}\n`
  );
}

/** The line of a finished epoch. */
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
