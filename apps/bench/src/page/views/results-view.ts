import { html, type TemplateResult } from 'lit-html';
import { guard } from 'lit-html/directives/guard.js';
import { errorText, threeDigits, timeIn, type Unit, unitOf } from '../../report/numbers.js';
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
import { backendLabel, CONTENDER_NAMES, colorOf, taskLabel, WORKLOAD_NAMES } from '../names.js';
import { endComparison, type Source } from '../store.js';
import { barCharts, scalingChart } from './charts.js';
import { machineView } from './machine-view.js';
import { type Column, table } from './table.js';

/** Charts and tables of a run by workload, in the order of the run: what is measured later comes below. */
export function resultsView({ reports, ceilings }: Run, width: number): TemplateResult[] {
  const { trusted } = sortCeilings(
    reports.flatMap(({ results }) => rankedOf(results)),
    ceilings,
  );
  const workloads = new Set(reports.map(({ task }) => task.workload));
  return [...workloads].flatMap((workload) => {
    const own = reports.filter(({ task, results }) => task.workload === workload && results.length > 0);
    if (own.length === 0) return [];
    const { name, note } = WORKLOAD_NAMES[workload];
    return [
      html`
        <section aria-labelledby=${workload}>
          <h3 id=${workload}>${name}</h3>
          <p class="quiet">${note}</p>
          ${guard([width, ...own], () => [
            scalingsIn(own).map((scaling) => scalingChart(scaling, width)),
            barCharts(own, width),
          ])}
          ${own.map((report) => taskTable(report, trusted))}
        </section>
      `,
    ];
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
  const warning = noiseWarning(rows);
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
): Column<Measured>[] {
  const ifRight = (text: (result: Measured) => string) => (result: Measured) =>
    isWrong(result) ? '–' : text(result);
  return [
    {
      heading: 'Library',
      title: 'The library that computed the result',
      cell: ({ contender }) =>
        html`<span class="swatch" style=${`background: var(${colorOf(contender)})`}></span>${CONTENDER_NAMES[contender].name}`,
    },
    { heading: 'Device', title: 'The device it ran on', cell: ({ backend }) => backendLabel(backend) },
    {
      heading: `Median, ${unit.name}`,
      title: 'Half of the calls took less',
      cell: (result) => {
        const time = timeIn(unit, result.medianMs);
        return result === ranked[0] && !isTied(result, ranked) ? html`<strong>${time}</strong>` : time;
      },
    },
    {
      heading: `Middle half, ${unit.name}`,
      title: 'A quarter of the calls took less than the first, a quarter more than the second',
      cell: ({ quartilesMs }) => quartilesMs.map((quartile) => timeIn(unit, quartile)).join(' – '),
    },
    {
      heading: '÷ fastest',
      title: 'The median divided by that of the fastest right result; ≈ where the middle halves overlap',
      cell: ifRight((result) => {
        const ratio = (result.medianMs / fastest(ranked)).toFixed(2);
        return isTied(result, ranked) ? `≈ ${ratio}` : ratio;
      }),
    },
    {
      heading: 'GFLOP/s',
      title: 'The operations of the matrix products, divided by the median',
      cell: ifRight((result) => threeDigits(speedOf(result))),
    },
    {
      heading: 'of ceiling',
      title: 'That speed as a share of the speed of a loop in registers on the device',
      cell: ifRight((result) => ceilingShare(result, ceilings)),
    },
    {
      heading: 'First result, ms',
      title: 'From loading the library to the first result',
      cell: ({ firstMs }) => firstMs.toFixed(0),
    },
    {
      heading: 'Max error',
      title: 'The largest difference from the float64 reference, relative to max(1, |reference|)',
      cell: (result) =>
        html`${isWrong(result) ? html`<strong class="wrong">WRONG</strong> ` : ''}${errorText(result.maxError)}`,
    },
  ];
}

/** The speed of a result as a share of its device's ceiling. */
function ceilingShare(result: Measured, ceilings: readonly Ceiling[]): string {
  const ceiling = ceilings.find(({ backend }) => backend === result.backend);
  if (!ceiling) return '–';
  const percent = (100 * speedOf(result)) / ceiling.registerLoop;
  return percent < 0.1 ? '< 0.1 %' : `${percent < 10 ? percent.toFixed(1) : percent.toFixed(0)} %`;
}

/** Two runs side by side. */
export function comparisonView(first: Source, second: Source): TemplateResult {
  const pairs = pairsOf(first.run, second.run);
  const time = (pair: Pair, { medianMs }: Measured) => {
    const unit = unitOf([pair.first, pair.second]);
    return `${timeIn(unit, medianMs)} ${unit.name}`;
  };
  const columns: Column<Pair>[] = [
    { heading: 'Task', cell: ({ first }) => `${WORKLOAD_NAMES[first.workload].name}, ${taskLabel(first)}` },
    { heading: 'Library', cell: ({ first }) => CONTENDER_NAMES[first.contender].name },
    { heading: 'Device', cell: ({ first }) => backendLabel(first.backend) },
    { heading: 'A', cell: (pair) => time(pair, pair.first) },
    { heading: 'B', cell: (pair) => time(pair, pair.second) },
    { heading: 'B ÷ A', cell: ({ ratio }) => html`<strong>${threeDigits(ratio)}</strong>` },
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
