import { barX, dot, line, type PlotOptions, plot, ruleY, text } from '@observablehq/plot';
import { group, max } from 'd3-array';
import { html, type TemplateResult } from 'lit-html';
import { threeDigits, timeIn, unitOf } from '../../report/numbers.js';
import { CONTENDERS, type Measured, rankedOf, type TaskReport } from '../../run/results.js';
import { DIMENSIONS, type Scaling } from '../comparisons.js';
import { backendLabel, CONTENDER_NAMES, cellName, colorOf, competitorLabel, taskLabel } from '../names.js';

const libraryOf = ({ contender }: Measured) => CONTENDER_NAMES[contender].name;
const deviceOf = ({ backend }: Measured) => backendLabel(backend);

/** The colours of the libraries. */
const color = {
  domain: CONTENDERS.map((name) => CONTENDER_NAMES[name].name),
  range: CONTENDERS.map((name) => `var(${colorOf(name)})`),
};

/** A chart as one image for screen readers: the description says all, so its parts are not read one by one. */
function imageOf(label: string, description: readonly string[], options: PlotOptions) {
  const chart = plot({ style: { fontSize: '13px', background: 'none' }, color, ...options });
  for (const part of chart.querySelectorAll('[aria-label]')) part.removeAttribute('aria-label');
  const image = chart.matches('svg') ? chart : (chart.querySelector(':scope > svg') as Element);
  image.setAttribute('role', 'img');
  image.setAttribute('aria-label', label);
  image.setAttribute('aria-description', description.join('; '));
  return chart;
}

/** The times of a workload's tasks as bars, each with its middle half. Wrong results are left out. */
export function barCharts(reports: readonly TaskReport[], width: number): TemplateResult | '' {
  const charts = reports.flatMap(({ task, results }) => {
    const ranked = rankedOf(results).sort((a, b) => a.medianMs - b.medianMs);
    if (ranked.length === 0) return [];
    const unit = unitOf(ranked);
    const time = (milliseconds: number) => timeIn(unit, milliseconds);
    const end = ({ medianMs, quartilesMs }: Measured) => Math.max(medianMs, quartilesMs[1]);
    const y = (result: Measured) => `${libraryOf(result)}\n${deviceOf(result)}`;
    const texts = ranked.map(
      (result) =>
        `${competitorLabel(result)}: ${time(result.medianMs)} ${unit.name}, middle half ${result.quartilesMs.map(time).join(' to ')}`,
    );
    const low = ({ quartilesMs }: Measured) => quartilesMs[0];
    const high = ({ quartilesMs }: Measured) => quartilesMs[1];
    return [
      html`
        ${reports.length > 1 ? html`<small>${taskLabel(task)}</small>` : ''}
        ${imageOf(`Bar chart of ${taskLabel(task)}`, texts, {
          width,
          height: 40 * ranked.length,
          margin: 0,
          marginLeft: 128,
          marginRight: 80,
          x: { axis: null, domain: [0, max(ranked, end)] as [number, number] },
          y: { domain: ranked.map(y), label: null, tickSize: 0 },
          marks: [
            barX(ranked, { x: 'medianMs', y, fill: libraryOf, insetTop: 4, insetBottom: 4 }),
            ruleY(ranked, { x1: low, x2: high, y, strokeWidth: 1.5, marker: 'tick' }),
            text(ranked, {
              x: end,
              y,
              text: ({ medianMs }) => `${time(medianMs)} ${unit.name}`,
              textAnchor: 'start',
              dx: 8,
            }),
          ],
        })}
      `,
    ];
  });
  if (charts.length === 0) return '';
  return html`
    <figure>
      <figcaption>Time of a call: shorter is faster. The line in each bar is the middle half of the calls.</figcaption>
      ${charts}
    </figure>
  `;
}

/** The growth of the time with batch, timesteps or units: a line for each competitor, both axes logarithmic. */
export function scalingChart({ cell, dimension, common, results }: Scaling, width: number): TemplateResult {
  const x = ({ shape }: Measured) => shape[DIMENSIONS[dimension]];
  const sorted = [...results].sort((a, b) => x(a) - x(b));
  const texts = [...group(sorted, competitorLabel)].map(([label, points]) => {
    return `${label}: ${points.map((point) => `${threeDigits(point.medianMs)} ms at ${x(point)}`).join(', ')}`;
  });
  const place = { x, y: 'medianMs', z: competitorLabel, stroke: libraryOf };
  const shown = color.domain.filter((name) => results.some((result) => libraryOf(result) === name));
  const chart = imageOf(`Scaling of ${cellName(cell)} over ${dimension}`, texts, {
    width,
    height: 320,
    marginLeft: 56,
    marginBottom: 40,
    x: { type: 'log', ticks: [...new Set(sorted.map(x))], tickFormat: String, label: dimension },
    y: { type: 'log', grid: true, label: 'median, ms' },
    color: {
      domain: shown,
      range: shown.map((name) => color.range[color.domain.indexOf(name)]),
      legend: true,
    },
    symbol: { legend: true },
    marks: [line(sorted, { ...place, strokeWidth: 2 }), dot(sorted, { ...place, r: 5, symbol: deviceOf })],
  });
  return html`
    <figure>
      <figcaption>${cellName(cell)}: median in ms over ${dimension}, for ${common}</figcaption>
      ${chart}
    </figure>
  `;
}
