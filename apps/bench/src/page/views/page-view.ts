import { html, type TemplateResult } from 'lit-html';
import { aboutSeconds, type Progress } from '../../run/run-all.js';
import { backendLabel, cellName, WORKLOAD_NAMES } from '../names.js';
import { type Settings, seriesFor } from '../settings.js';
import { cancel, compare, copyLink, download, expectedSeconds, measure, open, type State } from '../store.js';
import { machineView } from './machine-view.js';
import { comparisonView, resultsView } from './results-view.js';
import { settingsView } from './settings-view.js';

/** The method, in five steps. */
const METHOD = [
  'Every library runs in a web worker of its own, with the same weights and inputs, and only one computes at a time.',
  'Its first results are compared with a float64 reference, and a result whose error is larger than rounding is marked wrong and not ranked.',
  'Calls for about 0.5 s, up to 3 s for short calls, warm it up, so that no time includes loading or compiling; the time to the first result has a column of its own.',
  'Then all take turns, in up to 20 rounds, so that a change of the machine’s speed is the same for all. A turn is one call, or several where one takes less than 0.5 s. A call ends when its outputs are back in JavaScript.',
  'The tables show the median of the single calls and their middle half. GFLOP/s are the operations of the matrix products alone, divided by the median; the ceiling is the speed of a loop in registers on the same device, the product that of large matrices.',
];

/** The whole page, with charts of this width in pixels. */
export function pageView(state: State, width: number): TemplateResult {
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
      ${runView(state)} ${settingsView(state)} ${filesView(state)}
      ${shown && other ? comparisonView(shown, other) : ''}
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
function runView({ progress, settings, machine, problem, news }: State): TemplateResult {
  const running = ({ share, secondsLeft, stage }: Progress) => html`
    <button type="button" id="cancel" @click=${cancel}>Cancel</button>
    <progress max="1" .value=${share} aria-label="Progress of the measurement"></progress>
    <p class="stage quiet">
      <span>${Math.floor(100 * share)} %, ${aboutSeconds(secondsLeft)} left</span>
      <span>${stage}</span>
    </p>
  `;
  return html`
    <article aria-label="Measure">
      ${
        progress
          ? running(progress)
          : html`
              <button type="button" id="measure" @click=${measure}>Measure</button>
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
function filesView({ shown, progress }: State): TemplateResult {
  const measuring = progress !== undefined;
  const nothing = measuring || !shown || shown.run.reports.length === 0;
  return html`
    <section class="buttons" aria-label="Files">
      ${button('download-json', 'Download JSON', nothing, () => download('json'))}
      ${button('download-csv', 'Download CSV', nothing, () => download('csv'))}
      ${fileButton('open', 'Open results', measuring, open)}
      ${fileButton('compare', 'Compare with', nothing, compare)}
      ${button('copy-link', 'Copy link to these settings', false, copyLink)}
    </section>
  `;
}

const button = (id: string, label: string, disabled: boolean, onClick: () => void): TemplateResult =>
  html`<button type="button" id=${id} ?disabled=${disabled} @click=${onClick}>${label}</button>`;

/** A button for an input that is not shown: a browser's own can hardly be styled. */
function fileButton(id: string, label: string, disabled: boolean, onFile: (file: File) => void) {
  const choose = (event: Event) => {
    const input = event.target as HTMLInputElement;
    const file = input.files?.[0];
    // So that the user can choose the same file again.
    input.value = '';
    if (file) onFile(file);
  };
  return html`
    ${button(`${id}-file`, label, disabled, () => document.getElementById(id)?.click())}
    <input type="file" id=${id} accept=".json,.jsonl,.csv" hidden @change=${choose} />
  `;
}
