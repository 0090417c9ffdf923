import { render } from 'lit-html';
import { writeCsv } from '../report/csv.js';
import { type Run, readRun, writeRun } from '../results-file.js';
import type { Actions, State } from './app.js';
import { describeBrowser } from './browser-machine.js';
import { download } from './download.js';
import { measure, planOf } from './measuring.js';
import { defaultSettings, queryOf, type Settings, settingsFrom } from './settings.js';
import { TimeLeft } from './time-left.js';
import { pageView } from './views/page-view.js';

const root = document.querySelector('#page') as HTMLElement;
const machine = await describeBrowser();
const { settings, unknown } = settingsFrom(location.search, defaultSettings(machine));
let state: State = {
  machine,
  settings,
  news: '',
  problem:
    unknown.length > 0 ? `The link names what this page does not know: ${unknown.join(', ')}.` : undefined,
};
/** For tests, see `RunOptions`; the page's links do not carry it. */
const timeScale = Number(new URLSearchParams(location.search).get('timeScale') ?? 1);
let interruption: AbortController | undefined;

function show(changed: Partial<State>): void {
  state = { ...state, ...changed };
  render(pageView(state, actions, expectedSeconds, chartWidth()), root);
}

const expectedSeconds = () => new TimeLeft(planOf(state.settings, machine)).secondsLeft(0);

const chartWidth = () => Math.min(1040, root.clientWidth - 2);

const actions: Actions = {
  async measure() {
    interruption = new AbortController();
    const { signal } = interruption;
    const starting = { stage: 'starting', share: 0, secondsLeft: expectedSeconds() };
    show({
      progress: starting,
      run: undefined,
      source: undefined,
      other: undefined,
      problem: undefined,
      news: 'Measuring',
    });
    document.querySelector<HTMLElement>('#cancel')?.focus();
    try {
      await measure(state.settings, machine, {
        signal,
        timeScale,
        onProgress: (progress) => show({ progress }),
        onRun: (run) => show({ run }),
        onNews: (news) => show({ news }),
      });
      show({ news: signal.aborted ? 'Cancelled; what was measured by then is shown' : 'All is measured' });
    } catch (error) {
      show({ problem: `The measurement has failed: ${(error as Error).message}` });
    }
    const hadFocus = document.activeElement?.id === 'cancel';
    show({ progress: undefined });
    if (hadFocus) document.querySelector<HTMLElement>('#measure')?.focus();
  },
  cancel: () => interruption?.abort(),
  choose(settings: Settings) {
    history.replaceState(null, '', `?${queryOf(settings)}`);
    show({ settings });
  },
  open: (file) =>
    readInto(file, (run) => ({ run, source: file.name, other: undefined, news: `${file.name} is shown` })),
  compare: (file) =>
    readInto(file, (run) => ({
      other: { run, source: file.name },
      news: `${file.name} is compared with what is shown`,
    })),
  endComparison: () => show({ other: undefined }),
  downloadJson: () =>
    state.run && download(`${fileName(state.run)}.json`, 'application/json', writeRun(state.run)),
  downloadCsv() {
    const results = state.run?.reports.flatMap((report) => report.results) ?? [];
    if (state.run) download(`${fileName(state.run)}.csv`, 'text/csv', writeCsv(results));
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

async function readInto(file: File, change: (run: Run) => Partial<State>): Promise<void> {
  try {
    show({ ...change(readRun(await file.text())), problem: undefined });
  } catch (error) {
    show({ problem: `${file.name}: ${(error as Error).message}` });
  }
}

const fileName = ({ date }: Run) => `sluice-bench-${date?.slice(0, 16).replace(':', '') ?? 'results'}`;

let width = chartWidth();
addEventListener('resize', () => {
  if (chartWidth() === width) return;
  width = chartWidth();
  show({});
});
show({});
