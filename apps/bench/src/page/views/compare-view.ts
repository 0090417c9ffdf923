import { html, type TemplateResult } from 'lit-html';
import { threeDigits, timeIn, unitOf } from '../../report/numbers.js';
import type { Run } from '../../results-file.js';
import type { Actions } from '../app.js';
import { type Pair, pairsOf } from '../comparison.js';
import { backendLabel, CONTENDER_NAMES, taskLabel, WORKLOAD_NAMES } from '../names.js';
import { machineView } from './machine-view.js';

interface Side {
  readonly run: Run;
  readonly source: string;
}

/** Two runs side by side. */
export function compareView(first: Side, second: Side, actions: Actions): TemplateResult {
  const pairs = pairsOf(first.run, second.run);
  return html`
    <section class="comparison" aria-labelledby="comparison">
      <h2 id="comparison">Two runs compared</h2>
      ${
        pairs.length > 0
          ? pairTable(pairs)
          : html`<p>The two have no result in common: no workload, shape, cell, library and device is in both.</p>`
      }
      <div class="sides">
        ${[first, second].map(
          ({ run, source }, i) => html`
            <div><h3>${'AB'[i]}: ${source}</h3>${machineView(run.machine, run)}</div>
          `,
        )}
      </div>
      <div class="buttons"><button type="button" id="end-comparison" @click=${actions.endComparison}>End the comparison</button></div>
    </section>
  `;
}

function pairTable(pairs: readonly Pair[]): TemplateResult {
  const headings = ['Task', 'Library', 'Device', 'A', 'B', 'B ÷ A'];
  return html`
    <div class="scroll">
      <table class="results pairs" role="table">
        <caption>Medians of what both have measured; above 1 B is slower</caption>
        <thead role="rowgroup"><tr role="row">${headings.map((name) => html`<th role="columnheader" scope="col">${name}</th>`)}</tr></thead>
        <tbody role="rowgroup">${pairs.map(pairRow)}</tbody>
      </table>
    </div>
  `;
}

function pairRow({ first, second, ratio }: Pair): TemplateResult {
  const unit = unitOf([first, second]);
  const time = (milliseconds: number) => `${timeIn(unit, milliseconds)} ${unit.name}`;
  return html`
    <tr role="row">
      <th role="rowheader" scope="row">${WORKLOAD_NAMES[first.workload].name}, ${taskLabel(first)}</th>
      <td role="cell" class="words">${CONTENDER_NAMES[first.contender]}</td>
      <td role="cell" class="words">${backendLabel(first.backend)}</td>
      <td role="cell" data-label="A">${time(first.medianMs)}</td>
      <td role="cell" data-label="B">${time(second.medianMs)}</td>
      <td role="cell" data-label="B ÷ A"><strong>${threeDigits(ratio)}</strong></td>
    </tr>
  `;
}
