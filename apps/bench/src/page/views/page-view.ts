import { html, type TemplateResult } from 'lit-html';
import type { Actions, State } from '../app.js';
import { compareView } from './compare-view.js';
import { filesView } from './files-view.js';
import { machineView } from './machine-view.js';
import { resultsView } from './results-view.js';
import { runView } from './run-view.js';
import { settingsView } from './settings-view.js';

/** How it is measured, in five sentences. */
const METHOD = [
  'Every library runs in a web worker of its own, with the same weights and inputs, and only one computes at a time.',
  'Its first results are compared with a float64 reference, and one that is further off than rounding can be is marked wrong and not ranked.',
  'Calls of about 0.3 s, of up to 3 s where they are short, warm it up, so that neither loading nor compiling is in a time; the time to the first result has a column of its own.',
  'Then all take turns of one call or, where that takes less than 0.5 s, of several, in up to 20 rounds, so that what slows the machine down meets all alike; a call ends when its outputs are back in JavaScript.',
  'Shown are the median of the single calls and the half of them around it, and the operations of the matrix products alone divided by the median, also as a share of what a loop in registers reaches on the same device.',
];

/**
 * The whole page.
 *
 * @param expectedSeconds says how long the settings will take.
 * @param width of a chart, in pixels.
 */
export function pageView(
  state: State,
  actions: Actions,
  expectedSeconds: () => number,
  width: number,
): TemplateResult {
  const { run, source, other, machine } = state;
  const hasResults = run?.reports.some(({ results }) => results.length > 0);
  return html`
    <header>
      <h1>Sluice benchmark</h1>
      <p>
        How fast recurrent layers run in this browser, and whether their results are right: Sluice, TensorFlow.js’s own layers and
        onnxruntime-web.
      </p>
    </header>
    <main>
      ${runView(state, actions, expectedSeconds)} ${settingsView(state, actions)} ${filesView(state, actions)}
      ${run && other ? compareView({ run, source: source ?? 'this browser' }, other, actions) : ''}
      ${
        run && hasResults
          ? html`
              <section class="all-results" aria-labelledby="results">
                <h2 id="results">Results${source ? html` <small>${source}</small>` : ''}</h2>
                ${resultsView(run, width)}
              </section>
            `
          : ''
      }
      <section aria-labelledby="machine">
        <h2 id="machine">${run?.machine && source ? 'The machine' : 'This machine'}</h2>
        ${machineView(run ? run.machine : machine, run ?? { ceilings: [] })}
      </section>
      <section aria-labelledby="method">
        <h2 id="method">How it is measured</h2>
        <ol class="method">${METHOD.map((sentence) => html`<li>${sentence}</li>`)}</ol>
      </section>
    </main>
  `;
}
