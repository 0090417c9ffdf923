import type { Run } from '../report/results-file.js';
import type { Machine } from '../run/results.js';
import type { Settings } from './settings.js';

/** The progress of a run. */
export interface Progress {
  readonly stage: string;
  /** From 0 to 1. */
  readonly share: number;
  readonly secondsLeft: number;
}

/** A run that was measured here or opened. */
export interface Source {
  readonly run: Run;
  /** The name of its file; undefined for a run of this browser. */
  readonly file?: string;
}

/** The state of the page. */
export interface State {
  readonly machine: Machine;
  readonly settings: Settings;
  readonly shown?: Source;
  /** The run that `shown` is compared with. */
  readonly other?: Source;
  /** Present while measuring. */
  readonly progress?: Progress;
  /** The last event, in a sentence. */
  readonly news: string;
  /** The last failure. */
  readonly problem?: string;
}

/** The actions of a user. */
export interface Actions {
  measure(): void;
  cancel(): void;
  choose(settings: Settings): void;
  open(file: File): void;
  compare(file: File): void;
  endComparison(): void;
  downloadJson(): void;
  downloadCsv(): void;
  copyLink(): void;
}
