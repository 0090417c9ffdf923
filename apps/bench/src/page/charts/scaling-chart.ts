import { dot, line, plot, text } from '@observablehq/plot';
import { threeDigits } from '../../report/numbers.js';
import type { Measured } from '../../results.js';
import { backendLabel, CONTENDER_NAMES, cellName, swatchOf } from '../names.js';
import { DIMENSIONS, type Scaling } from '../scaling.js';
import { asImage } from './as-image.js';

/** Lines of the same contender on several backends, in the order of the backends. */
const DASHES = ['', '6 4', '2 3', '8 3 2 3'];
const NARROW = 560;

/** How time grows with batch, timesteps or units: a line for each contender on each backend, both axes logarithmic. */
export function scalingChart({ cell, dimension, common, results }: Scaling, width: number): Element {
  const size = ({ shape }: Measured) => shape[DIMENSIONS[dimension]];
  const curves = curvesOf(results, size);
  const sizes = [...new Set(results.map(size))].sort((a, b) => a - b);
  const labelled = width >= NARROW;
  const figure = document.createElement('figure');
  const caption = document.createElement('figcaption');
  caption.textContent = `${cellName(cell)}: median in ms over ${dimension}, for ${common}`;
  const chart = plot({
    width,
    height: 320,
    marginLeft: 56,
    marginRight: labelled ? 200 : 16,
    marginBottom: 40,
    style: { fontSize: '13px', background: 'none' },
    x: { type: 'log', ticks: sizes, tickFormat: (value: number) => String(value), label: dimension },
    y: {
      type: 'log',
      grid: true,
      label: 'median, ms',
      tickFormat: (value: number) => (isRound(value) ? String(value) : ''),
    },
    ariaLabel: `Scaling of ${cellName(cell)} over ${dimension}`,
    ariaDescription: curves
      .map(
        ({ who, points }) =>
          `${who}: ${points.map((one) => `${threeDigits(one.medianMs)} ms at ${size(one)}`).join(', ')}`,
      )
      .join('; '),
    marks: curves.flatMap(({ who, points, dash }) => {
      const stroke = `var(--${swatchOf(points[0].contender)})`;
      const place = { x: size, y: 'medianMs' };
      return [
        line(points, { ...place, stroke, strokeWidth: 2, strokeDasharray: dash }),
        dot(points, { ...place, fill: stroke, r: 3.5 }),
        ...(labelled
          ? [
              text(points.slice(-1), {
                ...place,
                text: () => who,
                dx: 8,
                textAnchor: 'start',
                fill: 'currentColor',
              }),
            ]
          : []),
      ];
    }),
  });
  figure.append(caption, asImage(chart));
  if (!labelled) figure.append(legend(curves));
  return figure;
}

interface Curve {
  readonly who: string;
  readonly dash: string;
  readonly points: readonly Measured[];
}

function curvesOf(results: readonly Measured[], size: (result: Measured) => number): Curve[] {
  const backends = [...new Set(results.map(({ backend }) => backend))];
  const groups = new Map<string, Measured[]>();
  for (const result of results) {
    const who = `${CONTENDER_NAMES[result.contender]} · ${backendLabel(result.backend)}`;
    groups.set(who, [...(groups.get(who) ?? []), result]);
  }
  return [...groups].map(([who, points]) => ({
    who,
    dash: DASHES[backends.indexOf(points[0].backend) % DASHES.length],
    points: points.sort((a, b) => size(a) - size(b)),
  }));
}

/** 1, 2 and 5 times powers of ten, so that a logarithmic axis is not crowded. */
const isRound = (value: number) =>
  ['1', '2', '5'].includes(value.toExponential().charAt(0)) && !/\d\.\d*[1-9]/.test(value.toExponential());

function legend(curves: readonly Curve[]): Element {
  const list = document.createElement('ul');
  list.className = 'legend';
  for (const { who, points } of curves) {
    const item = document.createElement('li');
    const swatch = document.createElement('span');
    swatch.className = `swatch ${swatchOf(points[0].contender)}`;
    item.append(swatch, who);
    list.append(item);
  }
  return list;
}
