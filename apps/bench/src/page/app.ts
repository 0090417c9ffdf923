import type { Machine } from '../machine.js';
import type { Run } from '../results-file.js';
import type { Settings } from './settings.js';

/** How far a run is. */
export interface Progress {
  readonly stage: string;
  /** From 0 to 1. */
  readonly share: number;
  readonly secondsLeft: number;
}

/** All that the page shows. */
export interface State {
  readonly machine: Machine;
  readonly settings: Settings;
  /** What is measured, or has been, or was opened. */
  readonly run?: Run;
  /** Where it comes from: the name of a file, or this browser. */
  readonly source?: string;
  /** What it is compared with. */
  readonly other?: { readonly run: Run; readonly source: string };
  /** Present while measuring. */
  readonly progress?: Progress;
  /** What has happened last, for a reader who does not see the page change. */
  readonly news: string;
  /** What went wrong last. */
  readonly problem?: string;
}

/** What a user can do. */
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
