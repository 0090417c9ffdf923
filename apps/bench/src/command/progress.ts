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
  if (stream.isTTY) return createBar(total, stream);
  return {
    series: (index, title) => void stream.write(`${index + 1}/${total} ${title}\n`),
    stage() {},
    hide() {},
  };
}

function createBar(total: number, stream: NodeJS.WriteStream): Progress {
  let bar: SingleBar | undefined;
  let done = 0;
  const texts = { title: '', stage: '' };
  const options = {
    format: '{bar} {value}/{total}  {title}  {stage}',
    stream,
    clearOnComplete: true,
    hideCursor: true,
    barsize: 20,
    linewrap: false,
    // The command handles Ctrl-C.
    gracefulExit: false,
  };
  const show = () => {
    if (!bar) {
      bar = new SingleBar(options, Presets.shades_classic);
      bar.start(total, done, texts);
    }
    bar.update(done, texts);
  };
  return {
    series(index, title) {
      done = index;
      Object.assign(texts, { title, stage: '' });
      show();
    },
    stage(text) {
      texts.stage = text;
      show();
    },
    hide() {
      bar?.stop();
      bar = undefined;
    },
  };
}
