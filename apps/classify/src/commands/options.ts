import { resolve } from 'node:path';
import { type Command, Option } from 'commander';
import { defaultColumns } from '../data/columns.js';
import { defaultSettings, embeddedSettings, type Settings } from '../model/settings.js';
import type { DataOptions } from '../training/checkpoint.js';
import { part, path, positive, wholeNumber } from './parse.js';

/** Options that say how data files are read. */
export interface ReadingFlags {
  labelColumn?: string;
  textColumn?: string;
  skipBad?: boolean;
}

/** The options that `train` and `compare` share. What was not given is undefined. */
export interface TrainingFlags extends ReadingFlags, Partial<Omit<Settings, 'clipNorm' | 'backend'>> {
  data?: string;
  test?: string;
  clipNorm?: number;
  backend?: string;
  resume?: boolean;
  json?: boolean;
}

/** Adds the options for reading data files. */
export function addReadingOptions(command: Command): Command {
  return command
    .option('--label-column <name>', 'column or key that holds the label (default: label)')
    .option('--text-column <name>', 'column or key that holds the text (default: text)')
    .option('--skip-bad', 'leave out rows that cannot be used, and count them');
}

/** Adds the options of training, apart from which cell and which folder. */
export function addTrainingOptions(command: Command): Command {
  const usual = defaultSettings;
  command
    .option(
      '--data <path>',
      'file of "label text" lines, .csv, .tsv, .jsonl, or a folder with a folder per class ' +
        '(default: names in twelve languages, embedded)',
      path,
    )
    .option('--test <path>', 'data to test the kept model with', path);
  return addReadingOptions(command)
    .option(
      '--validation <part>',
      `part of the data held back for validation (default: ${usual.validation})`,
      part,
    )
    .option('--layers <count>', `recurrent layers (default: ${usual.layers})`, wholeNumber(1))
    .option('--units <count>', `units of each recurrent layer (default: ${usual.units})`, wholeNumber(1))
    .option('--embedding <size>', `length of a token's vector (default: ${usual.embedding})`, wholeNumber(1))
    .option('--vocabulary <size>', `most tokens to know (default: ${usual.vocabulary})`, wholeNumber(3))
    .option('--length <tokens>', `tokens of a text to read (default: ${usual.length})`, wholeNumber(1))
    .addOption(
      new Option('--unit <unit>', `what a token is (default: ${usual.unit})`).choices(['word', 'character']),
    )
    .option('--epochs <count>', `times to go through the data (default: ${usual.epochs})`, wholeNumber(1))
    .option('--batch <size>', `examples in a batch (default: ${usual.batch})`, wholeNumber(1))
    .option('--learning-rate <rate>', `Adam's learning rate (default: ${usual.learningRate})`, positive)
    .option('--clip-norm <norm>', 'largest global norm of the gradients (default: no limit)', positive)
    .option('--dropout <part>', `part of the activations to drop (default: ${usual.dropout})`, part)
    .option('--bidirectional', 'read each text from both ends')
    .option('--backend <name>', 'TensorFlow.js backend: cpu, wasm or webgpu (default: the best there is)')
    .option(
      '--seed <number>',
      `the same seed gives the same numbers (default: ${usual.seed})`,
      wholeNumber(0),
    )
    .option('--resume', 'go on from the last checkpoint in the folder')
    .option('--json', 'print one JSON object per epoch and a summary, nothing else')
    .addHelpText('after', `\nDefaults for the embedded names: ${embeddedDefaults()}.`);
}

/** Where the defaults for the embedded data differ from the others, as options. */
function embeddedDefaults(): string {
  const names = Object.keys(defaultSettings) as (keyof Settings)[];
  const different = names.filter((name) => defaultSettings[name] !== embeddedSettings[name]);
  return different.map((name) => `${optionName(name)} ${embeddedSettings[name]}`).join(' ');
}

/** The settings among the options; those not given are absent. */
export function settingsGiven(flags: TrainingFlags): Partial<Settings> {
  const names = Object.keys(defaultSettings) as (keyof Settings)[];
  const given = names.filter((name) => flags[name] !== undefined).map((name) => [name, flags[name]]);
  return Object.fromEntries(given);
}

/** The option's name on the command line of a setting: learningRate is --learning-rate. */
export function optionName(setting: string): string {
  return `--${setting.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
}

/** A path as the checkpoint keeps it, or null when none was given. */
export function absolutePath(path: string | undefined): string | null {
  return path === undefined ? null : resolve(path);
}

/** The data options that were given. */
export function dataGiven(flags: TrainingFlags): Partial<DataOptions> {
  const { data, test, labelColumn, textColumn, skipBad } = flags;
  return {
    ...(data !== undefined && { data: absolutePath(data) }),
    ...(test !== undefined && { test: absolutePath(test) }),
    ...((labelColumn !== undefined || textColumn !== undefined) && {
      columns: { label: labelColumn ?? defaultColumns.label, text: textColumn ?? defaultColumns.text },
    }),
    ...(skipBad !== undefined && { skipBad }),
  };
}
