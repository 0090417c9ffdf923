import { html, type TemplateResult } from 'lit-html';
import { aboutSeconds } from '../../run/run-all.js';
import { backendLabel, cellName, WORKLOAD_NAMES } from '../names.js';
import { type Settings, seriesFor } from '../settings.js';
import type { Actions, State } from '../state.js';
import { machineView } from './machine-view.js';
import { comparisonView, resultsView } from './results-view.js';
import { settingsView } from './settings-view.js';

/** The method, in five sentences. */
const METHOD = [
  'Every library runs in a web worker of its own, with the same weights and inputs, and only one computes at a time.',
  'Its first results are compared with a float64 reference, and a result whose error is larger than rounding is marked wrong and not ranked.',
  'Calls for about 0.5 s, up to 3 s for short calls, warm it up, so that no time includes loading or compiling; the time to the first result has a column of its own.',
  'Then all take turns of one call or, where that takes less than 0.5 s, of several, in up to 20 rounds, so that a change of the machine’s speed is the same for all; a call ends when its outputs are back in JavaScript.',
  'The tables show the median of the single calls and the half of them around it, and the operations of the matrix products alone divided by the median, also as a share of the speed of a loop in registers on the same device.',
];

/**
 * The whole page.
 *
 * @param expectedSeconds the expected length of a run with the settings.
 * @param width of a chart, in pixels.
 */
export function pageView(
  state: State,
  actions: Actions,
  expectedSeconds: () => number,
  width: number,
): TemplateResult {
  const { shown, other, machine } = state;
  const hasResults = shown?.run.reports.some(({ results }) => results.length > 0);
  return html`
    <header>
      <h1>Sluice benchmark</h1>
      <p class="quiet">
        How fast recurrent layers run in this browser, and whether their results are right: Sluice, TensorFlow.js’s own layers and
        onnxruntime-web.
      </p>
    </header>
    <main>
      ${runView(state, actions, expectedSeconds)} ${settingsView(state, actions)} ${filesView(state, actions)}
      ${shown && other ? comparisonView(shown, other, actions) : ''}
      ${
        shown && hasResults
          ? html`
              <section id="results" aria-labelledby="results-title">
                <h2 id="results-title">Results${shown.file ? html` <small>${shown.file}</small>` : ''}</h2>
                ${resultsView(shown.run, width)}
              </section>
            `
          : ''
      }
      <section aria-labelledby="machine">
        <h2 id="machine">${shown?.file ? 'The machine' : 'This machine'}</h2>
        ${machineView(shown ? shown.run.machine : machine, shown?.run ?? { ceilings: [] })}
      </section>
      <section aria-labelledby="method">
        <h2 id="method">How it is measured</h2>
        <ol class="method">${METHOD.map((sentence) => html`<li>${sentence}</li>`)}</ol>
      </section>
    </main>
  `;
}

const NOT_ISOLATED =
  'This page is not cross-origin isolated, so there are no threads and the clock is coarse. Serve it with the headers ' +
  'Cross-Origin-Opener-Policy: same-origin and Cross-Origin-Embedder-Policy: require-corp, as npm run bench:web does.';
const NO_SIMD =
  'This browser has no WebAssembly SIMD, which the WASM kernels of Sluice and of onnxruntime-web need: WASM is left out.';

/** The button with its plan, or the progress of the run. */
function runView(state: State, actions: Actions, expectedSeconds: () => number): TemplateResult {
  const { progress, settings, machine, problem, news } = state;
  const running = () => html`
    <button type="button" id="cancel" @click=${actions.cancel}>Cancel</button>
    <progress max="1" .value=${progress?.share ?? 0} aria-label="Progress of the measurement"></progress>
    <p class="stage quiet">
      <span>${Math.floor(100 * (progress?.share ?? 0))} %, ${aboutSeconds(progress?.secondsLeft ?? 0)} left</span>
      <span>${progress?.stage}</span>
    </p>
  `;
  return html`
    <article aria-label="Measure">
      ${
        progress
          ? running()
          : html`
              <button type="button" id="measure" @click=${actions.measure}>Measure</button>
              <p class="plan quiet">${planText(settings)}; ${aboutSeconds(expectedSeconds())}</p>
            `
      }
      <p class="quiet" role="status">${news}</p>
      ${problem ? html`<p class="notice wrong" role="alert">${problem}</p>` : ''}
      ${machine.sharedMemory ? '' : html`<p class="notice">${NOT_ISOLATED}</p>`}
      ${machine.simd ? '' : html`<p class="notice">${NO_SIMD}</p>`}
    </article>
  `;
}

/** The plan of the button, in a line. */
function planText(settings: Settings): string {
  const workloads = settings.workloads.map((name) => WORKLOAD_NAMES[name].name.toLowerCase());
  const text = `${workloads.join(', ')} of ${settings.cells.map(cellName).join(', ')} on ${settings.backends.map(backendLabel).join('; ')}`;
  const series = seriesFor(settings).length;
  return series > settings.workloads.length ? `${text}; ${series} series` : text;
}

/** Files in and out, and the link. */
function filesView({ shown, progress }: State, actions: Actions): TemplateResult {
  const measuring = progress !== undefined;
  const nothing = measuring || !shown || shown.run.reports.length === 0;
  const button = (id: string, label: string, disabled: boolean, onClick: () => void) =>
    html`<button type="button" id=${id} ?disabled=${disabled} @click=${onClick}>${label}</button>`;
  return html`
    <section class="buttons" aria-label="Files">
      ${button('download-json', 'Download JSON', nothing, actions.downloadJson)}
      ${button('download-csv', 'Download CSV', nothing, actions.downloadCsv)}
      ${fileButton('open', 'Open results', measuring, actions.open)}
      ${fileButton('compare', 'Compare with', nothing, actions.compare)}
      ${button('copy-link', 'Copy link to these settings', false, actions.copyLink)}
    </section>
  `;
}

/** A file input that looks like a button; the keyboard and screen readers find the input. */
function fileButton(
  id: string,
  label: string,
  disabled: boolean,
  onFile: (file: File) => void,
): TemplateResult {
  const choose = (event: Event) => {
    const input = event.target as HTMLInputElement;
    const file = input.files?.[0];
    // So that the user can choose the same file again.
    input.value = '';
    if (file) onFile(file);
  };
  return html`
    <label class="file-button">
      ${label}
      <input type="file" id=${id} accept=".json,.jsonl,.csv" ?disabled=${disabled} @change=${choose} />
    </label>
  `;
}
