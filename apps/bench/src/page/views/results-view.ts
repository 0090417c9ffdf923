import { group } from 'd3-array';
import { html, type TemplateResult } from 'lit-html';
import { guard } from 'lit-html/directives/guard.js';
import { type Column, errorText, threeDigits, timeIn, type Unit, unitOf } from '../../report/numbers.js';
import type { Run } from '../../report/results-file.js';
import { isTied, noiseWarning, sortCeilings } from '../../run/noise.js';
import {
  type Ceiling,
  fastest,
  isMeasured,
  isWrong,
  type Measured,
  rankedOf,
  speedOf,
  type TaskReport,
} from '../../run/results.js';
import { type Pair, pairsOf, scalingsIn } from '../comparisons.js';
import {
  backendLabel,
  CONTENDER_NAMES,
  colorOf,
  competitorLabel,
  taskLabel,
  WORKLOAD_NAMES,
} from '../names.js';
import { endComparison, type Source } from '../store.js';
import { barCharts, scalingChart } from './charts.js';
import { machineView } from './machine-view.js';
import { table } from './table.js';

/** Charts and tables of a run by workload, in the order of the run: what is measured later comes below. */
export function resultsView({ reports, ceilings }: Run, width: number): TemplateResult[] {
  const { trusted } = sortCeilings(
    reports.flatMap(({ results }) => rankedOf(results)),
    ceilings,
  );
  const measured = reports.filter(({ results }) => results.length > 0);
  return [...group(measured, ({ task }) => task.workload)].map(([workload, own]) => {
    const { name, note } = WORKLOAD_NAMES[workload];
    return html`
      <section aria-labelledby=${workload}>
        <h3 id=${workload}>${name}</h3>
        <p class="quiet">${note}</p>
        ${guard([width, ...own], () => [
          scalingsIn(own).map((scaling) => scalingChart(scaling, width)),
          barCharts(own, width),
        ])}
        ${own.map((report) => taskTable(report, trusted))}
      </section>
    `;
  });
}

/** The results of a task: the right ones from the fastest, then the wrong ones, then the contenders without a result. */
function taskTable(
  { task, results, notes, covers }: TaskReport,
  ceilings: readonly Ceiling[],
): TemplateResult {
  const ranked = rankedOf(results).sort((a, b) => a.medianMs - b.medianMs);
  const rows = [...ranked, ...results.filter(isMeasured).filter(isWrong)];
  const columns = taskColumns(unitOf(rows), ranked, ceilings);
  const skipped = results.flatMap((result) => (isMeasured(result) ? [] : [result]));
  const skippedRows = skipped.map(
    ({ contender, backend, skipped }) => html`
      <tr class="quiet">
        <th scope="row">${CONTENDER_NAMES[contender].name}</th>
        <td>${backendLabel(backend)}</td>
        <td colspan=${columns.length - 2} class="words">not measured: ${skipped}</td>
      </tr>
    `,
  );
  const warning = noiseWarning(rows, competitorLabel);
  const remarks = [
    ...(covers && rows.length > 0 ? [`The error is that of ${covers}.`] : []),
    ...notes.map((note) => (note.endsWith('.') ? note : `${note}.`)),
  ];
  return html`
    ${table(taskLabel(task), columns, rows, skippedRows)}
    ${warning ? html`<p class="notice">${warning}</p>` : ''}
    ${remarks.length > 0 ? html`<ul class="remarks quiet">${remarks.map((remark) => html`<li>${remark}</li>`)}</ul>` : ''}
  `;
}

function taskColumns(
  unit: Unit,
  ranked: readonly Measured[],
  ceilings: readonly Ceiling[],
): Column<Measured, unknown>[] {
  const ifRight = (text: (result: Measured) => string) => (result: Measured) =>
    isWrong(result) ? '–' : text(result);
  const median = (result: Measured) => {
    const time = timeIn(unit, result.medianMs);
    return result === ranked[0] && !isTied(result, ranked) ? html`<strong>${time}</strong>` : time;
  };
  const ratio = (result: Measured) =>
    `${isTied(result, ranked) ? '≈ ' : ''}${(result.medianMs / fastest(ranked)).toFixed(2)}`;
  const error = (result: Measured) =>
    html`${isWrong(result) ? html`<strong class="wrong">WRONG</strong> ` : ''}${errorText(result.maxError)}`;
  return [
    ['Library', libraryCell, 'The library that computed the result'],
    ['Device', ({ backend }) => backendLabel(backend), 'The device it ran on'],
    [`Median, ${unit.name}`, median, 'Half of the calls took less'],
    [
      `Middle half, ${unit.name}`,
      ({ quartilesMs }) => quartilesMs.map((quartile) => timeIn(unit, quartile)).join(' – '),
      'A quarter of the calls took less than the first, a quarter more than the second',
    ],
    [
      '÷ fastest',
      ifRight(ratio),
      'The median divided by that of the fastest right result; ≈ where the middle halves overlap',
    ],
    [
      'GFLOP/s',
      ifRight((result) => threeDigits(speedOf(result))),
      'The operations of the matrix products, divided by the median',
    ],
    [
      'of ceiling',
      ifRight((result) => shareOf('registerLoop', result, ceilings)),
      'That speed as a share of the speed of a loop in registers on the device',
    ],
    [
      'of product',
      ifRight((result) => shareOf('matrixProduct', result, ceilings)),
      'That speed as a share of the speed of a large matrix product on the device',
    ],
    ['First result, ms', ({ firstMs }) => firstMs.toFixed(0), 'From loading the library to the first result'],
    [
      'Max error',
      error,
      'The largest difference from the float64 reference, relative to max(1, |reference|)',
    ],
  ];
}

const libraryCell = ({ contender }: Measured): TemplateResult =>
  html`<span class="swatch" style=${`background: var(${colorOf(contender)})`}></span>${CONTENDER_NAMES[contender].name}`;

/** The speed of a result as a share of one of its device's ceilings. */
function shareOf(
  kind: 'registerLoop' | 'matrixProduct',
  result: Measured,
  ceilings: readonly Ceiling[],
): string {
  const ceiling = ceilings.find(({ backend }) => backend === result.backend);
  if (!ceiling) return '–';
  const percent = (100 * speedOf(result)) / ceiling[kind];
  return percent < 0.1 ? '< 0.1 %' : `${percent < 10 ? percent.toFixed(1) : percent.toFixed(0)} %`;
}

/** Two runs side by side. */
export function comparisonView(first: Source, second: Source): TemplateResult {
  const pairs = pairsOf(first.run, second.run);
  const time = (pair: Pair, { medianMs }: Measured) => {
    const unit = unitOf([pair.first, pair.second]);
    return `${timeIn(unit, medianMs)} ${unit.name}`;
  };
  const columns: Column<Pair, unknown>[] = [
    ['Task', ({ first }) => `${WORKLOAD_NAMES[first.workload].name}, ${taskLabel(first)}`],
    ['Library', ({ first }) => CONTENDER_NAMES[first.contender].name],
    ['Device', ({ first }) => backendLabel(first.backend)],
    ['A', (pair) => time(pair, pair.first)],
    ['B', (pair) => time(pair, pair.second)],
    ['B ÷ A', ({ ratio }) => html`<strong>${threeDigits(ratio)}</strong>`],
  ];
  return html`
    <section class="comparison" aria-labelledby="comparison">
      <h2 id="comparison">Two runs compared</h2>
      ${
        pairs.length > 0
          ? table('Medians of the results in both runs; above 1 B is slower', columns, pairs)
          : html`<p>The two have no result in common: no workload, shape, cell, library and device is in both.</p>`
      }
      <div class="sides">
        ${[first, second].map(
          ({ run, file = 'this browser' }, i) => html`
            <div><h3>${'AB'[i]}: ${file}</h3>${machineView(run.machine, run)}</div>
          `,
        )}
      </div>
      <button type="button" id="end-comparison" @click=${endComparison}>End the comparison</button>
    </section>
  `;
}
