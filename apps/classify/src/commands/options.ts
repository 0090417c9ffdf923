import { resolve } from 'node:path';
import { type Command, InvalidArgumentError, Option } from 'commander';
import { defaultColumns } from '../data/example.js';
import {
  cellNames,
  defaultSettings,
  embeddedSettings,
  knownCellName,
  type Settings,
} from '../model/settings.js';
import type { DataOptions } from '../training/checkpoint.js';

/** The options for reading data files. */
export interface ReadingFlags {
  labelColumn?: string;
  textColumn?: string;
  skipBad?: boolean;
}

/** The options for the data and the settings of a model. A missing option is undefined. */
export interface SettingFlags extends ReadingFlags, Partial<Omit<Settings, 'clipNorm' | 'backend'>> {
  data?: string;
  clipNorm?: number;
  backend?: string;
}

/** The common options of `train` and `compare`. */
export interface TrainingFlags extends SettingFlags {
  test?: string;
  import?: string;
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

/** Adds the options for the device. */
export function addBackendOptions(command: Command): Command {
  return command
    .option('--backend <name>', 'TensorFlow.js backend: cpu, wasm or webgpu (default: the best there is)')
    .option('--import <module>', 'import a file or package first that registers another backend');
}

/** Adds the options of training, except the cell and the folder. */
export function addTrainingOptions(command: Command): Command {
  return addBackendOptions(addSettingOptions(command))
    .option('--test <path>', 'data to test the kept model with', path)
    .option('--resume', 'continue from the last checkpoint in the folder')
    .option('--json', 'print one JSON object per epoch and a summary, nothing else');
}

/** Adds the options for the data and the settings of a model, except the cell. */
export function addSettingOptions(command: Command): Command {
  const defaults = defaultSettings;
  command.option(
    '--data <path>',
    'file of "label text" lines, .csv, .tsv, .jsonl, or a folder with a folder per class ' +
      '(default: names in twelve languages, embedded)',
    path,
  );
  return addReadingOptions(command)
    .option(
      '--validation <part>',
      `part of the data held back for validation (default: ${defaults.validation})`,
      part,
    )
    .option('--layers <count>', `recurrent layers (default: ${defaults.layers})`, wholeNumber(1))
    .option('--units <count>', `units of each recurrent layer (default: ${defaults.units})`, wholeNumber(1))
    .option(
      '--embedding <size>',
      `length of a token's vector (default: ${defaults.embedding})`,
      wholeNumber(1),
    )
    .option('--vocabulary <size>', `most tokens to know (default: ${defaults.vocabulary})`, wholeNumber(3))
    .option('--length <tokens>', `tokens of a text to read (default: ${defaults.length})`, wholeNumber(1))
    .addOption(
      new Option('--unit <unit>', `what a token is (default: ${defaults.unit})`).choices([
        'word',
        'character',
      ]),
    )
    .option('--epochs <count>', `times to go through the data (default: ${defaults.epochs})`, wholeNumber(1))
    .option('--batch <size>', `examples in a batch (default: ${defaults.batch})`, wholeNumber(1))
    .option('--learning-rate <rate>', `Adam's learning rate (default: ${defaults.learningRate})`, positive)
    .option('--clip-norm <norm>', 'largest global norm of the gradients (default: no limit)', positive)
    .option('--dropout <part>', `part of the activations to drop (default: ${defaults.dropout})`, part)
    .option('--bidirectional', 'read each text from both ends')
    .option(
      '--seed <number>',
      `the same seed gives the same numbers (default: ${defaults.seed})`,
      wholeNumber(0),
    )
    .addHelpText('after', `\nDefaults for the embedded names: ${embeddedDefaults()}.`);
}

/** The defaults for the embedded data that differ from the general ones, as options. */
function embeddedDefaults(): string {
  const names = Object.keys(defaultSettings) as (keyof Settings)[];
  const different = names.filter((name) => defaultSettings[name] !== embeddedSettings[name]);
  return different.map((name) => `${optionName(name)} ${embeddedSettings[name]}`).join(' ');
}

/** The settings among the given options. */
export function settingsGiven(flags: SettingFlags): Partial<Settings> {
  const names = Object.keys(defaultSettings) as (keyof Settings)[];
  const given = names.filter((name) => flags[name] !== undefined).map((name) => [name, flags[name]]);
  return Object.fromEntries(given);
}

/** The option's name on the command line of a setting: learningRate is --learning-rate. */
export function optionName(setting: string): string {
  return `--${setting.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
}

/** An absolute path for the checkpoint; null for no path. */
export function absolutePath(path: string | undefined): string | null {
  return path === undefined ? null : resolve(path);
}

/** The data options among the given options. */
export function dataGiven(flags: SettingFlags & { test?: string }): Partial<DataOptions> {
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

/** Parsers of option values. Each throws commander's InvalidArgumentError, which names the option. */

/** A whole number of at least `minimum`. */
export function wholeNumber(minimum: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (!/^\d+$/.test(text) || value < minimum || !Number.isSafeInteger(value)) {
      throw new InvalidArgumentError(`Expected a whole number of at least ${minimum}.`);
    }
    return value;
  };
}

/** A number above 0. */
export function positive(text: string): number {
  const value = Number(text);
  if (text.trim() === '' || !Number.isFinite(value) || value <= 0) {
    throw new InvalidArgumentError('Expected a number above 0.');
  }
  return value;
}

/** A share: from 0, below 1. */
export function part(text: string): number {
  const value = Number(text);
  if (text.trim() === '' || !(value >= 0 && value < 1)) {
    throw new InvalidArgumentError('Expected a number from 0 to below 1, such as 0.1.');
  }
  return value;
}

/** A path, which is never empty. */
export function path(text: string): string {
  if (text.trim() === '') throw new InvalidArgumentError('Expected a path, got an empty text.');
  return text;
}

/** A cell's name, with hyphens or in camel case. */
export function cellName(text: string): string {
  const name = knownCellName(text);
  if (name === undefined) throw new InvalidArgumentError(`Allowed choices are ${cellNames.join(', ')}.`);
  return name;
}

/** Names of cells, separated by commas; repetitions are removed. */
export function cellNameList(text: string): string[] {
  const found = text.split(',').map((name) => name.trim());
  if (found.includes(''))
    throw new InvalidArgumentError('Expected names separated by commas, such as gru,sru.');
  return [...new Set(found.map(cellName))];
}

/** A command line for the user to copy: with the repository's script, or with the command's own name. */
export function commandLine(...words: string[]): string {
  const throughNpm = ['start', 'classify'].includes(process.env.npm_lifecycle_event ?? '');
  return [throughNpm ? 'npm run classify --' : 'sluice-classify', ...words.map(shellWord)].join(' ');
}

/** The words that repeat `--import` in a suggested command. */
export const importing = (flags: { import?: string }): string[] =>
  flags.import === undefined ? [] : ['--import', flags.import];

/** A word, quoted for a shell if needed. */
function shellWord(word: string): string {
  return /^[\w./:@%+=,-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;
}
