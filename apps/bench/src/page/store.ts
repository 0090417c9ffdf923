import { throttle } from 'throttle-debounce';
import { backendNamed } from '../backends.js';
import { competitorsOf } from '../contenders/catalogue.js';
import { type Run, readRun, writeCsv, writeRun } from '../report/results-file.js';
import type { Machine } from '../run/results.js';
import { type Progress, type RunPlan, runAll, timeLeft } from '../run/run-all.js';
import { titleOf } from '../workloads/workload.js';
import { describeBrowser, startWebWorker } from './browser-machine.js';
import { keepPace, keepRun, keptPace, keptRun } from './kept.js';
import { defaultSettings, queryOf, type Settings, seriesFor, settingsFrom } from './settings.js';

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

/** Seconds that setting up or a call may take before a library is stopped. */
const LIMIT_SECONDS = 30;

/** The least time between two reports of progress, so that the page's own work does not disturb the measurement. */
const PROGRESS_MS = 200;

const machine = await describeBrowser();
const query = new URLSearchParams(location.search);
const { settings, unknown } = settingsFrom(query, defaultSettings(machine));
const kept = keptRun();
let state: State = {
  machine,
  settings,
  ...(kept && { shown: { run: kept } }),
  news: '',
  problem: unknown.length > 0 ? `The link names unknown settings: ${unknown.join(', ')}.` : undefined,
};
/** For tests, see `RunOptions`; the page's links do not carry it. */
const timeScale = Number(query.get('timeScale') ?? 1);
let interruption: AbortController | undefined;
let onChange: (state: State) => void = () => {};

function show(changed: Partial<State>): void {
  state = { ...state, ...changed };
  onChange(state);
}

/** Shows the state, and every later one. */
export function subscribe(listener: (state: State) => void): void {
  onChange = listener;
  listener(state);
}

/** The plan of the settings on this machine. */
function currentPlan(): RunPlan {
  const backends = state.settings.backends.filter((backend) => !backendNamed(backend).missingOn(machine));
  return {
    ceilingsOf: backends,
    allSeries: seriesFor(state.settings),
    competitors: competitorsOf(state.settings.contenders, backends),
  };
}

/** The expected length of a run with the settings. */
export const expectedSeconds = (pace = keptPace()): number =>
  timeLeft(currentPlan(), pace)(0, 0, 0).secondsLeft;

/** Measures the plan of the settings. The focus moves with the button that another one replaces. */
export async function measure(): Promise<void> {
  interruption = new AbortController();
  const { signal } = interruption;
  const date = new Date().toISOString();
  const started = performance.now();
  const showProgress = throttle(PROGRESS_MS, (progress: Progress) => show({ progress }));
  const progress = { stage: 'starting', share: 0, secondsLeft: expectedSeconds() };
  show({ progress, shown: undefined, other: undefined, problem: undefined, news: 'Measuring' });
  document.querySelector<HTMLElement>('#cancel')?.focus();
  try {
    await runAll(currentPlan(), {
      startWorker: startWebWorker,
      limitSeconds: LIMIT_SECONDS,
      timeScale,
      pace: keptPace(),
      signal,
      onProgress: showProgress,
      onResults(results) {
        const run = { date, machine, ...results };
        keepRun(run);
        show({ shown: { run } });
      },
      onReports: (_, series) => show({ news: `${titleOf(series)} is measured` }),
    });
    if (!signal.aborted && timeScale === 1)
      keepPace((performance.now() - started) / 1000 / expectedSeconds(1));
    show({ news: signal.aborted ? 'Cancelled; the results so far are shown' : 'All is measured' });
  } catch (error) {
    show({ problem: `The measurement has failed: ${(error as Error).message}` });
  }
  showProgress.cancel();
  const hadFocus = document.activeElement?.id === 'cancel';
  show({ progress: undefined });
  if (hadFocus) document.querySelector<HTMLElement>('#measure')?.focus();
}

export const cancel = (): void => interruption?.abort();

export function choose(changed: Partial<Settings>): void {
  const settings = { ...state.settings, ...changed };
  history.replaceState(null, '', `?${queryOf(settings)}`);
  show({ settings });
}

/** Shows the run of a file. */
export const open = (file: File) =>
  readInto(file, (shown) => ({ shown, other: undefined, news: `${file.name} is shown` }));

/** Compares the run of a file with the shown one. */
export const compare = (file: File) =>
  readInto(file, (other) => ({ other, news: `${file.name} is compared with the results shown` }));

export const endComparison = (): void => show({ other: undefined });

async function readInto(file: File, change: (source: Source) => Partial<State>): Promise<void> {
  try {
    const run = readRun(await file.text());
    if (run.reports.length === 0) throw new Error('The file has no results; nothing was measured.');
    show({ ...change({ run, file: file.name }), problem: undefined });
  } catch (error) {
    show({ problem: `${file.name}: ${(error as Error).message}` });
  }
}

/** Lets the user save the shown run as a file. */
export function download(extension: 'json' | 'csv'): void {
  if (!state.shown) return;
  const { run } = state.shown;
  const text = extension === 'json' ? writeRun(run) : writeCsv(run.reports.flatMap(({ results }) => results));
  const link = document.createElement('a');
  link.href = URL.createObjectURL(new Blob([text]));
  link.download = `sluice-bench-${run.date?.slice(0, 16).replace(':', '') ?? 'results'}.${extension}`;
  link.click();
  // Later, since the browser still reads it.
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}

export async function copyLink(): Promise<void> {
  const link = `${location.origin}${location.pathname}?${queryOf(state.settings)}`;
  try {
    await navigator.clipboard.writeText(link);
    show({ news: 'The link is copied', problem: undefined });
  } catch {
    history.replaceState(null, '', link);
    show({ problem: 'The browser does not let this page copy; the address bar has the link.' });
  }
}
