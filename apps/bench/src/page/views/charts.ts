import { dot, line, plot } from '@observablehq/plot';
import { html, type TemplateResult } from 'lit-html';
import { threeDigits, timeIn, unitOf } from '../../report/numbers.js';
import { type Measured, rankedOf, type TaskReport } from '../../run/results.js';
import { DIMENSIONS, type Scaling } from '../comparisons.js';
import { cellName, colorOf, competitorLabel, taskLabel } from '../names.js';

/** The times of a workload's tasks as bars, each with its middle half. Wrong results are left out. */
export function barChart(reports: readonly TaskReport[]): TemplateResult | '' {
  const charts = reports
    .map(({ task, results }) => ({
      label: taskLabel(task),
      ranked: rankedOf(results).sort((a, b) => a.medianMs - b.medianMs),
    }))
    .filter(({ ranked }) => ranked.length > 0);
  if (charts.length === 0) return '';
  return html`
    <figure>
      <figcaption>Time of a call: shorter is faster. The line in each bar is the middle half of the calls.</figcaption>
      ${charts.map(({ label, ranked }) => {
        const unit = unitOf(ranked);
        const time = (milliseconds: number) => timeIn(unit, milliseconds);
        const most = Math.max(
          ...ranked.map(({ medianMs, quartilesMs }) => Math.max(medianMs, quartilesMs[1])),
        );
        const texts = ranked.map(
          (result) =>
            `${competitorLabel(result)}: ${time(result.medianMs)} ${unit.name}, middle half ${result.quartilesMs.map(time).join(' to ')}`,
        );
        return html`
          ${charts.length > 1 ? html`<small>${label}</small>` : ''}
          <div class="bars" role="img" aria-label=${`Bar chart of ${label}`} aria-description=${texts.join('; ')}>
            ${ranked.map(
              (result) => html`
                <span>${competitorLabel(result)}</span>
                <span class="bar" style=${barStyle(result, most)}>
                  <span class="track"><span class="spread"></span></span>
                  ${time(result.medianMs)} ${unit.name}
                </span>
              `,
            )}
          </div>
        `;
      })}
    </figure>
  `;
}

/** The lengths of a bar and of its middle half, as shares of the longest time of the chart. */
function barStyle({ contender, medianMs, quartilesMs: [low, high] }: Measured, most: number): string {
  const shares = { share: medianMs / most, low: low / most, high: high / most };
  const lengths = Object.entries(shares).map(([name, share]) => `--${name}: ${share}`);
  return [...lengths, `--color: var(${colorOf(contender)})`].join('; ');
}

/** The dashes of one contender's lines, in the order of the backends. */
const DASHES = ['', '6 4', '2 3', '8 3 2 3'];

interface Curve {
  readonly label: string;
  readonly color: string;
  readonly dash: string;
  readonly points: readonly Measured[];
}

/** The growth of the time with batch, timesteps or units: a line for each competitor, both axes logarithmic. */
export function scalingChart(scaling: Scaling, width: number): TemplateResult {
  const { cell, dimension, common, results } = scaling;
  const size = ({ shape }: Measured) => shape[DIMENSIONS[dimension]];
  const curves = curvesOf(results, size);
  const medians = results.map(({ medianMs }) => medianMs);
  const pointText = (point: Measured) => `${threeDigits(point.medianMs)} ms at ${size(point)}`;
  const chart = plot({
    width,
    height: 320,
    marginLeft: 56,
    marginBottom: 40,
    style: { fontSize: '13px', background: 'none' },
    x: {
      type: 'log',
      ticks: [...new Set(results.map(size))].sort((a, b) => a - b),
      tickFormat: String,
      label: dimension,
      labelAnchor: 'center',
    },
    y: {
      type: 'log',
      ticks: roundValues(Math.min(...medians), Math.max(...medians)),
      grid: true,
      label: 'median, ms',
      tickFormat: String,
    },
    ariaLabel: `Scaling of ${cellName(cell)} over ${dimension}`,
    ariaDescription: curves
      .map(({ label, points }) => `${label}: ${points.map(pointText).join(', ')}`)
      .join('; '),
    marks: curves.flatMap(({ points, color, dash }) => {
      const place = { x: size, y: 'medianMs' };
      return [
        line(points, { ...place, stroke: color, strokeWidth: 2, strokeDasharray: dash }),
        dot(points, { ...place, fill: color, r: 3.5 }),
      ];
    }),
  });
  // One image for screen readers: its description says all, so its parts are not read one by one.
  for (const part of chart.querySelectorAll('[aria-label]')) part.removeAttribute('aria-label');
  chart.setAttribute('role', 'img');
  return html`
    <figure>
      <figcaption>${cellName(cell)}: median in ms over ${dimension}, for ${common}</figcaption>
      ${chart}
      <ul class="legend">
        ${curves.map(
          ({ label, color, dash }) => html`
            <li>
              <svg width="32" height="8" aria-hidden="true">
                <line x2="32" y1="4" y2="4" stroke=${color} stroke-width="2" stroke-dasharray=${dash} />
              </svg>
              ${label}
            </li>
          `,
        )}
      </ul>
    </figure>
  `;
}

function curvesOf(results: readonly Measured[], size: (result: Measured) => number): Curve[] {
  const backends = [...new Set(results.map(({ backend }) => backend))];
  return [...new Set(results.map(competitorLabel))].map((label) => {
    const points = results.filter((result) => competitorLabel(result) === label);
    const [{ contender, backend }] = points;
    return {
      label,
      color: `var(${colorOf(contender)})`,
      dash: DASHES[backends.indexOf(backend) % DASHES.length],
      points: points.sort((a, b) => size(a) - size(b)),
    };
  });
}

/** 1, 2 and 5 times the powers of ten between two values: as many ticks as a logarithmic axis needs. */
function roundValues(least: number, most: number): number[] {
  const first = Math.floor(Math.log10(least));
  const powers = Array.from({ length: Math.ceil(Math.log10(most)) - first + 1 }, (_, i) => 10 ** (first + i));
  return powers
    .flatMap((power) => [power, 2 * power, 5 * power])
    .filter((value) => value >= least && value <= most);
}
