import { Presets, SingleBar } from 'cli-progress';

/** Shows how far a run is, on standard error. */
export interface Progress {
  /** A series begins: its place among all, from 0, and its title. */
  series(index: number, title: string): void;
  /** What is happening within it. */
  stage(text: string): void;
  /** Takes the bar away while results are printed. */
  pause(): void;
  end(): void;
}

/** A bar on a terminal; elsewhere one line for each series. */
export function createProgress(total: number, stream: NodeJS.WriteStream): Progress {
  return stream.isTTY ? bar(total, stream) : lines(total, stream);
}

function bar(total: number, stream: NodeJS.WriteStream): Progress {
  let shown: SingleBar | undefined;
  let done = 0;
  const texts = { title: '', stage: '' };
  const hide = () => {
    shown?.stop();
    shown = undefined;
  };
  const show = () => {
    if (!shown) {
      shown = new SingleBar(
        {
          format: '{bar} {value}/{total}  {title}  {stage}',
          stream,
          clearOnComplete: true,
          hideCursor: true,
          barsize: 20,
          linewrap: false,
          // Ctrl-C is the command's to handle.
          gracefulExit: false,
        },
        Presets.shades_classic,
      );
      shown.start(total, done, texts);
    }
    shown.update(done, texts);
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
    pause: hide,
    end: hide,
  };
}

function lines(total: number, stream: NodeJS.WriteStream): Progress {
  return {
    series: (index, title) => void stream.write(`${index + 1}/${total} ${title}\n`),
    stage() {},
    pause() {},
    end() {},
  };
}
