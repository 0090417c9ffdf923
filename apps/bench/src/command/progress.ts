import { Presets, SingleBar } from 'cli-progress';

/** Shows the progress of a run on standard error. */
export interface Progress {
  /** A series begins: its place, from 0, and its title. */
  series(index: number, title: string): void;
  /** The step within the series. */
  stage(text: string): void;
  /** Removes the bar while results are printed, and at the end. */
  hide(): void;
}

/** A bar on a terminal; elsewhere one line for each series. */
export function createProgress(total: number, stream: NodeJS.WriteStream): Progress {
  if (!stream.isTTY) {
    const series = (index: number, title: string) => void stream.write(`${index + 1}/${total} ${title}\n`);
    return { series, stage() {}, hide() {} };
  }
  const bar = new SingleBar(
    {
      format: '{bar} {value}/{total}  {title}  {stage}',
      stream,
      clearOnComplete: true,
      hideCursor: true,
      barsize: 20,
      linewrap: false,
      // The command handles Ctrl-C.
      gracefulExit: false,
    },
    Presets.shades_classic,
  );
  let done = 0;
  let title = '';
  const stage = (text: string) => {
    if (bar.isActive) bar.update(done, { title, stage: text });
    else bar.start(total, done, { title, stage: text });
  };
  return {
    series(index, name) {
      [done, title] = [index, name];
      stage('');
    },
    stage,
    hide: () => bar.stop(),
  };
}
