import { type AssumedOptions, type ModelFile, readModel } from '@sluice/formats';
import { Presets, SingleBar } from 'cli-progress';
import { type Terminal, UsageError } from './terminal.js';

export interface ReadFlags {
  /** `name=value` texts. */
  assume?: string[];
}

/** Files below this size are read in a moment. */
const WORTH_A_BAR = 16e6;

/** The texts that each assumed option takes, and their values. */
const ASSUMED: Readonly<Record<keyof AssumedOptions, Readonly<Record<string, unknown>>>> = {
  nonlinearity: { tanh: 'tanh', relu: 'relu' },
  bidirectional: { true: true, false: false },
  highway: { true: true, false: false },
  activation: { linear: 'linear', tanh: 'tanh' },
  normalizeAfter: { true: true, false: false },
};

/** The options of `--assume`. @throws UsageError for an unknown one. */
export function toAssumed({ assume = [] }: ReadFlags): AssumedOptions {
  const entries = assume.map((text) => {
    const [name, value = ''] = text.split('=');
    const values = Object.hasOwn(ASSUMED, name) ? ASSUMED[name as keyof AssumedOptions] : undefined;
    if (!values || !Object.hasOwn(values, value)) {
      const known = Object.entries(ASSUMED).map(([key, texts]) => `${key}=${Object.keys(texts).join('|')}`);
      throw new UsageError(`--assume ${text}: there is no such option. There are ${known.join(', ')}.`);
    }
    return [name, values[value]];
  });
  return Object.fromEntries(entries);
}

/** Reads a model; a large file shows its progress on a terminal. */
export async function readFile(path: string, assume: AssumedOptions, terminal: Terminal): Promise<ModelFile> {
  let bar: SingleBar | undefined;
  const onProgress = (read: number, total: number | undefined): void => {
    if (total === undefined || total < WORTH_A_BAR || !terminal.error.isTTY) return;
    if (!bar) {
      const format = `${path} {bar} {percentage} %`;
      bar = new SingleBar(
        { format, stream: terminal.error as NodeJS.WriteStream, clearOnComplete: true },
        Presets.shades_classic,
      );
      bar.start(total, 0);
    }
    bar.update(read);
  };
  try {
    return await readModel(path, { assume, onProgress, signal: terminal.signal });
  } finally {
    bar?.stop();
  }
}
