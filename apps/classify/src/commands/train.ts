import { useBackend } from '../backend.js';
import { barReporter } from '../progress/bar-reporter.js';
import { jsonReporter } from '../progress/json-reporter.js';
import { lineReporter } from '../progress/line-reporter.js';
import type { Reporter, Streams } from '../progress/reporter.js';
import { summaryOf, summaryText } from '../report/summary.js';
import type { DataOptions } from '../training/checkpoint.js';
import { checkSameData, planRun } from '../training/plan-run.js';
import { prepareData } from '../training/prepare.js';
import { runTraining } from '../training/run.js';
import { interruptedStatus, stoppable } from '../training/stop.js';
import { absolutePath, optionName, settingsGiven, type TrainingFlags } from './options.js';

export interface TrainFlags extends TrainingFlags {
  out?: string;
}

/** Trains one model. @returns the exit status. */
export async function train(flags: TrainFlags, streams: Streams): Promise<number> {
  const folder = absolutePath(flags.out);
  const notice = noticeTo(streams);
  const { settings, data, checkpoint } = planRun(
    { settings: settingsGiven(flags), data: dataGiven(flags), folder, resume: flags.resume ?? false },
    optionName,
  );
  const prepared = prepareData(data, settings, notice);
  if (checkpoint !== undefined && folder !== null) checkSameData(checkpoint, prepared, folder);
  const backend = await useBackend(settings.backend);
  const reporter = reporterFor(streams, flags.json ?? false);
  const result = await stoppable(
    (stop) =>
      runTraining({ settings, data: prepared, folder, checkpoint, stop, observer: reporter }).finally(() =>
        reporter.end(),
      ),
    () => notice('stopping after this batch; press Ctrl-C again to stop at once'),
  );
  if (!result.finished) {
    notice(stoppedNotice(result.history.length, settings.epochs, flags.out));
    return interruptedStatus;
  }
  if (flags.json) {
    const run = { backend, cell: settings.cell, trainExamples: prepared.train.count };
    streams.output.write(`${JSON.stringify({ summary: summaryOf(result, run) })}\n`);
    return 0;
  }
  streams.output.write(summaryText(result, backend));
  streams.output.write(
    flags.out === undefined
      ? 'The model was not saved; give --out FOLDER to keep it.\n'
      : `The model is in ${flags.out}. Ask it: predict --model ${shellWord(flags.out)} "some text"\n`,
  );
  return 0;
}

/** The data options that were given. */
export function dataGiven(flags: TrainingFlags): Partial<DataOptions> {
  const { data, test, labelColumn, textColumn, skipBad } = flags;
  return {
    ...(data !== undefined && { data: absolutePath(data) }),
    ...(test !== undefined && { test: absolutePath(test) }),
    ...((labelColumn !== undefined || textColumn !== undefined) && {
      columns: { label: labelColumn ?? 'label', text: textColumn ?? 'text' },
    }),
    ...(skipBad !== undefined && { skipBad }),
  };
}

/** Notices go to standard error, a line each. */
export function noticeTo({ error }: Streams): (message: string) => void {
  return (message) => error.write(`${message}\n`);
}

/** The way to show a run that suits the options and the terminal. */
export function reporterFor(streams: Streams, json: boolean, about?: Record<string, string>): Reporter {
  if (json) return jsonReporter(streams, about);
  return streams.error.isTTY ? barReporter(streams) : lineReporter(streams);
}

function stoppedNotice(finished: number, epochs: number, folder: string | undefined): string {
  const state = `stopped; ${finished} of ${epochs} epochs are finished`;
  if (folder === undefined) return `${state}. Nothing was saved; give --out FOLDER to be able to go on.`;
  return `${state}. Go on with: train --out ${shellWord(folder)} --resume`;
}

/** A word as a shell takes it. */
export function shellWord(word: string): string {
  return /^[\w./:@%+=-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;
}
