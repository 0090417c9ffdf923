import type { Streams } from '../terminal/streams.js';
import { epochLine, formatPercent, openingLine } from './epoch-line.js';
import type { Reporter } from './reporter.js';
import { formatDuration, TimeLeft } from './time-left.js';

/** Milliseconds between two lines within an epoch. */
const interval = 15_000;

/** For files and pipes: a line for each epoch, and now and then one on standard error within a long epoch. */
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
