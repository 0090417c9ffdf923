import { html, type TemplateResult } from 'lit-html';
import { NOT_ISOLATED } from '../../machine.js';
import type { Actions, State } from '../app.js';
import { backendLabel, cellName, WORKLOAD_NAMES } from '../names.js';
import { type Settings, seriesFor } from '../settings.js';
import { aboutSeconds } from '../time-left.js';

/** The button, what it will do, and how far it is. */
export function runView(state: State, actions: Actions, expectedSeconds: () => number): TemplateResult {
  const { progress, settings, machine, problem, news } = state;
  return html`
    <section class="run" aria-label="Measure">
      ${
        progress
          ? html`
              <div class="progress">
                <button type="button" id="cancel" @click=${actions.cancel}>Cancel</button>
                <div>
                  <progress max="1" .value=${progress.share} aria-label="Progress of the measurement"></progress>
                  <p class="stage">
                    <span>${Math.floor(100 * progress.share)} %, ${aboutSeconds(progress.secondsLeft)} left</span>
                    <span>${progress.stage}</span>
                  </p>
                </div>
              </div>
            `
          : html`
              <button type="button" id="measure" class="main" @click=${actions.measure}>Measure</button>
              <p class="plan">${planText(settings)}; ${aboutSeconds(expectedSeconds())}</p>
            `
      }
      <p class="visually-hidden" role="status">${news}</p>
      ${problem ? html`<p class="problem" role="alert">${problem}</p>` : ''}
      ${machine.sharedMemory ? '' : html`<p class="notice">${NOT_ISOLATED}</p>`}
      ${
        machine.simd
          ? ''
          : html`<p class="notice">This browser has no WebAssembly SIMD, which the WASM kernels of Sluice and of onnxruntime-web need: WASM is
              left out.</p>`
      }
    </section>
  `;
}

/** What the button measures, in a line. */
function planText(settings: Settings): string {
  const workloads = settings.workloads.map((name) => WORKLOAD_NAMES[name].name.toLowerCase());
  const cells = settings.cells.map(cellName);
  const shapes = seriesFor(settings).length;
  const backends = settings.backends.map(backendLabel);
  const parts = [workloads.join(', '), `of ${cells.join(', ')}`, `on ${backends.join('; ')}`];
  return shapes > settings.workloads.length ? `${parts.join(' ')}; ${shapes} series` : parts.join(' ');
}
