import * as Plot from '@observablehq/plot';
import { parseHTML } from 'linkedom';
import type { EpochRecord } from '../training/history.js';
import type { ComparedRun } from './tables.js';

/** A quantity of each epoch. */
interface Curve {
  title: string;
  value: (record: EpochRecord) => number | null;
  format: string;
}

const curves: Curve[] = [
  { title: 'Validation accuracy', value: (record) => record.validationAccuracy, format: '.0%' },
  { title: 'Validation loss', value: (record) => record.validationLoss, format: '.2f' },
  { title: 'Training accuracy', value: (record) => record.accuracy, format: '.0%' },
  { title: 'Training loss', value: (record) => record.loss, format: '.2f' },
];

/** The title of a plot and its SVG element as text, in `currentColor` so that it suits light and dark pages. */
export interface DrawnCurve {
  title: string;
  svg: string;
}

/** Draws each quantity over the epochs, a line for each cell. A quantity without values is left out. */
export function drawLearningCurves(runs: readonly ComparedRun[]): DrawnCurve[] {
  return curves.flatMap(({ title, value, format }) => {
    const points = runs.flatMap(({ cell, history }) =>
      history.flatMap((record) => {
        const y = value(record);
        return y === null ? [] : [{ cell, epoch: record.epoch, y }];
      }),
    );
    return points.length === 0 ? [] : [{ title, svg: draw(title, points, runs, format) }];
  });
}

/** A value of one cell after one epoch. */
interface Point {
  cell: string;
  epoch: number;
  y: number;
}

function draw(title: string, points: Point[], runs: readonly ComparedRun[], format: string): string {
  const lastEpoch = Math.max(...points.map(({ epoch }) => epoch));
  const { document } = parseHTML('<!doctype html><html><body></body></html>');
  const plot = Plot.plot({
    document: document as unknown as Document,
    ariaLabel: title,
    width: 560,
    height: 280,
    marginLeft: 50,
    marginRight: 80,
    marginBottom: 36,
    style: { fontSize: '12px' },
    grid: true,
    x: { label: 'epoch', ticks: wholeTicks(lastEpoch), tickFormat: 'd', inset: 8 },
    y: { label: null, tickFormat: format, ticks: 5, nice: true },
    color: { domain: runs.map(({ cell }) => cell), range: colours(runs.length) },
    marks: [
      // Without z, Plot would treat each point of a cell with one epoch as a line, and warn.
      Plot.line(points, { x: 'epoch', y: 'y', z: 'cell', stroke: 'cell', strokeWidth: 2, marker: 'dot' }),
      Plot.text(endLabels(points), {
        x: 'epoch',
        y: 'y',
        text: 'cell',
        fill: 'cell',
        dx: 9,
        textAnchor: 'start',
      }),
    ],
  });
  return plot.outerHTML;
}

/** The last point of each cell, moved up if its label would cover the label below. */
function endLabels(points: readonly Point[]): Point[] {
  const values = points.map(({ y }) => y);
  const lineHeight = (Math.max(...values) - Math.min(...values)) * 0.06;
  const last = new Map(points.map((point) => [point.cell, point]));
  let lowest = Number.NEGATIVE_INFINITY;
  return [...last.values()]
    .sort((a, b) => a.y - b.y)
    .map((point) => {
      const y = Math.max(point.y, lowest);
      lowest = y + lineHeight;
      return { ...point, y };
    });
}

/** Whole epochs only, at most about ten. */
function wholeTicks(lastEpoch: number): number[] {
  const step = Math.ceil(lastEpoch / 10);
  return Array.from({ length: lastEpoch }, (_, index) => index + 1).filter(
    (epoch) => epoch % step === 0 || epoch === 1,
  );
}

/** Colours as CSS variables of the page, which has a second set for dark mode. */
export function colours(count: number): string[] {
  return Array.from({ length: count }, (_, index) => `var(--series-${(index % 8) + 1})`);
}
