import { Presets, SingleBar } from 'cli-progress';
import type { Streams } from '../terminal/streams.js';
import { epochLine, formatPercent, openingLine } from './epoch-line.js';
import type { Reporter } from './reporter.js';
import { formatDuration, TimeLeft } from './time-left.js';

/** For a terminal: a bar for the epoch at work on standard error, a line for each finished one. */
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
            // The command handles Ctrl-C itself and goes on to the end of the batch.
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
