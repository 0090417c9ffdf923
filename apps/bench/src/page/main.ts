import '@picocss/pico/css/pico.classless.min.css';
import './style.css';
import { render } from 'lit-html';
import { readRun, writeCsv, writeRun } from '../report/results-file.js';
import { TimeLeft } from '../run/run-all.js';
import { describeBrowser } from './browser-machine.js';
import { keepPace, keepRun, keptPace, keptRun } from './kept.js';
import { measure, planOf } from './measuring.js';
import { defaultSettings, queryOf, settingsFrom } from './settings.js';
import type { Actions, Source, State } from './state.js';
import { pageView } from './views/page-view.js';

const root = document.querySelector('#page') as HTMLElement;
const machine = await describeBrowser();
const { settings, unknown } = settingsFrom(location.search, defaultSettings(machine));
const kept = keptRun();
let state: State = {
  machine,
  settings,
  ...(kept && { shown: { run: kept } }),
  news: '',
  problem: unknown.length > 0 ? `The link names unknown settings: ${unknown.join(', ')}.` : undefined,
};
/** For tests, see `RunOptions`; the page's links do not carry it. */
const timeScale = Number(new URLSearchParams(location.search).get('timeScale') ?? 1);
let interruption: AbortController | undefined;

function show(changed: Partial<State>): void {
  state = { ...state, ...changed };
  render(pageView(state, actions, expectedSeconds, chartWidth()), root);
}

const expectedSeconds = (pace = keptPace()) =>
  new TimeLeft(planOf(state.settings, machine), pace).secondsLeft(0);

const chartWidth = () => Math.min(1040, root.clientWidth - 2);

const actions: Actions = {
  async measure() {
    interruption = new AbortController();
    const { signal } = interruption;
    const progress = { stage: 'starting', share: 0, secondsLeft: expectedSeconds() };
    const started = performance.now();
    show({ progress, shown: undefined, other: undefined, problem: undefined, news: 'Measuring' });
    document.querySelector<HTMLElement>('#cancel')?.focus();
    try {
      await measure(state.settings, machine, {
        signal,
        timeScale,
        pace: keptPace(),
        onProgress: (progress) => show({ progress }),
        onRun(run) {
          keepRun(run);
          show({ shown: { run } });
        },
        onNews: (news) => show({ news }),
      });
      if (!signal.aborted && timeScale === 1)
        keepPace((performance.now() - started) / 1000 / expectedSeconds(1));
      show({ news: signal.aborted ? 'Cancelled; the results so far are shown' : 'All is measured' });
    } catch (error) {
      show({ problem: `The measurement has failed: ${(error as Error).message}` });
    }
    const hadFocus = document.activeElement?.id === 'cancel';
    show({ progress: undefined });
    if (hadFocus) document.querySelector<HTMLElement>('#measure')?.focus();
  },
  cancel: () => interruption?.abort(),
  choose(settings) {
    history.replaceState(null, '', `?${queryOf(settings)}`);
    show({ settings });
  },
  open: (file) => readInto(file, (shown) => ({ shown, other: undefined, news: `${file.name} is shown` })),
  compare: (file) =>
    readInto(file, (other) => ({ other, news: `${file.name} is compared with the results shown` })),
  endComparison: () => show({ other: undefined }),
  downloadJson() {
    if (state.shown) download('json', 'application/json', writeRun(state.shown.run));
  },
  downloadCsv() {
    const results = state.shown?.run.reports.flatMap((report) => report.results) ?? [];
    download('csv', 'text/csv', writeCsv(results));
  },
  async copyLink() {
    const link = `${location.origin}${location.pathname}?${queryOf(state.settings)}`;
    try {
      await navigator.clipboard.writeText(link);
      show({ news: 'The link is copied', problem: undefined });
    } catch {
      history.replaceState(null, '', link);
      show({ problem: 'The browser does not let this page copy; the address bar has the link.' });
    }
  },
};

async function readInto(file: File, change: (source: Source) => Partial<State>): Promise<void> {
  try {
    const run = readRun(await file.text());
    show({ ...change({ run, file: file.name }), problem: undefined });
  } catch (error) {
    show({ problem: `${file.name}: ${(error as Error).message}` });
  }
}

/** Lets the user save a text as a file. */
function download(extension: string, type: string, text: string): void {
  const link = document.createElement('a');
  link.href = URL.createObjectURL(new Blob([text], { type }));
  const date = state.shown?.run.date?.slice(0, 16).replace(':', '') ?? 'results';
  link.download = `sluice-bench-${date}.${extension}`;
  link.click();
  // Later, since the browser still reads it.
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}

let width = chartWidth();
addEventListener('resize', () => {
  if (chartWidth() === width) return;
  width = chartWidth();
  show({});
});
show({});
