import { html, type TemplateResult } from 'lit-html';
import type { CeilingReport } from '../../ceilings/ceilings.js';
import {
  errorText,
  fastest,
  rankedOf,
  speedOf,
  threeDigits,
  timeIn,
  type Unit,
  unitOf,
} from '../../report/numbers.js';
import {
  isMeasured,
  isWrong,
  type Measured,
  type Result,
  type Skipped,
  type TaskReport,
} from '../../results.js';
import { backendLabel, CONTENDER_NAMES, swatchOf, taskLabel } from '../names.js';

/** The results of a task, the fastest first, the wrong ones below the right, and at the end who was not measured. */
export function taskTable(
  { task, results, notes, covers }: TaskReport,
  ceilings: readonly CeilingReport[],
): TemplateResult {
  const ranked = rankedOf(results).sort((a, b) => a.medianMs - b.medianMs);
  const wrong = results.filter(isMeasured).filter(isWrong);
  const skipped = results.filter((result): result is Skipped => !isMeasured(result));
  const unit = unitOf([...ranked, ...wrong]);
  const headings = headingsIn(unit);
  const remarks = [
    ...(covers && ranked.length + wrong.length > 0 ? [`The error is that of ${covers}.`] : []),
    ...notes.map(sentence),
  ];
  return html`
    <div class="scroll">
      <table class="results" role="table">
        <caption>${taskLabel(task)}</caption>
        <thead role="rowgroup">
          <tr role="row">${headings.map(({ name, title }) => html`<th role="columnheader" scope="col" title=${title}>${name}</th>`)}</tr>
        </thead>
        <tbody role="rowgroup">
          ${[...ranked, ...wrong].map((result) => row(result, ranked, unit, headings, ceilings))}
          ${skipped.map(skippedRow)}
        </tbody>
      </table>
    </div>
    ${remarks.length > 0 ? html`<ul class="remarks">${remarks.map((remark) => html`<li>${remark}</li>`)}</ul>` : ''}
  `;
}

interface Heading {
  readonly name: string;
  readonly title: string;
}

function headingsIn({ name }: Unit): Heading[] {
  return [
    { name: 'Library', title: 'Who computed it' },
    { name: 'Device', title: 'What it ran on' },
    { name: `Median, ${name}`, title: 'Half of the calls took less' },
    {
      name: `Middle half, ${name}`,
      title: 'A quarter of the calls took less than the first, a quarter more than the second',
    },
    { name: '÷ fastest', title: 'The median divided by that of the fastest right result' },
    { name: 'GFLOP/s', title: 'The operations of the matrix products, divided by the median' },
    { name: 'of ceiling', title: 'That speed as a share of what a loop in registers reaches on the device' },
    { name: 'First result, ms', title: 'From loading the library to the first result' },
    {
      name: 'Max error',
      title: 'The largest difference from the float64 reference, relative to max(1, |reference|)',
    },
  ];
}

function row(
  result: Measured,
  ranked: readonly Measured[],
  unit: Unit,
  headings: readonly Heading[],
  ceilings: readonly CeilingReport[],
): TemplateResult {
  const { contender, backend, medianMs, quartilesMs, firstMs, maxError } = result;
  const wrong = isWrong(result);
  const ratio = wrong ? '–' : (medianMs / fastest(ranked)).toFixed(2);
  const cells = [
    html`<strong>${timeIn(unit, medianMs)}</strong>`,
    html`${timeIn(unit, quartilesMs[0])} – ${timeIn(unit, quartilesMs[1])}`,
    ratio,
    wrong ? '–' : threeDigits(speedOf(result)),
    wrong ? '–' : shareOf(result, ceilings),
    firstMs.toFixed(0),
    wrong ? html`<strong class="wrong">WRONG</strong> ${errorText(maxError)}` : errorText(maxError),
  ];
  return html`
    <tr role="row" class=${contender.startsWith('sluice') ? 'ours' : ''}>
      <th role="rowheader" scope="row"><span class=${`swatch ${swatchOf(contender)}`}></span>${CONTENDER_NAMES[contender]}</th>
      <td role="cell" class="device">${backendLabel(backend)}</td>
      ${cells.map((cell, i) => html`<td role="cell" data-label=${headings[i + 2].name}>${cell}</td>`)}
    </tr>
  `;
}

/** How near a result comes to what its device can do. */
function shareOf(result: Measured, ceilings: readonly CeilingReport[]): string {
  const ceiling = ceilings.find(({ backend }) => backend === result.backend);
  if (!ceiling || 'skipped' in ceiling) return '–';
  const percent = (100 * speedOf(result)) / ceiling.registerLoop;
  return percent < 0.1 ? '< 0.1 %' : `${percent < 10 ? percent.toFixed(1) : percent.toFixed(0)} %`;
}

function skippedRow({ contender, backend, skipped }: Exclude<Result, Measured>): TemplateResult {
  return html`
    <tr role="row" class="skipped">
      <th role="rowheader" scope="row">${CONTENDER_NAMES[contender]}</th>
      <td role="cell" class="device">${backendLabel(backend)}</td>
      <td role="cell" colspan="7">not measured: ${skipped}</td>
    </tr>
  `;
}

const sentence = (text: string): string => (text.endsWith('.') ? text : `${text}.`);
