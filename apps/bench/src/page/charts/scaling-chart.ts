import { dot, line, plot, text } from '@observablehq/plot';
import { threeDigits } from '../../report/numbers.js';
import type { Measured } from '../../results.js';
import { backendLabel, CONTENDER_NAMES, cellName, swatchOf } from '../names.js';
import { DIMENSIONS, type Scaling } from '../scaling.js';
import { asImage } from './as-image.js';

/** Lines of the same contender on several backends, in the order of the backends. */
const DASHES = ['', '6 4', '2 3', '8 3 2 3'];
const NARROW = 560;
/** Of the chart and of a line of text, in pixels. */
const HEIGHT = 320;
const LINE = 20;

/** How time grows with batch, timesteps or units: a line for each contender on each backend, both axes logarithmic. */
export function scalingChart({ cell, dimension, common, results }: Scaling, width: number): Element {
  const size = ({ shape }: Measured) => shape[DIMENSIONS[dimension]];
  const curves = curvesOf(results, size);
  const sizes = [...new Set(results.map(size))].sort((a, b) => a - b);
  const labelled = width >= NARROW;
  const medians = results.map(({ medianMs }) => medianMs);
  const [least, most] = [Math.min(...medians), Math.max(...medians)];
  const heights = nameHeights(curves, (most / least) ** (LINE / HEIGHT));
  const figure = document.createElement('figure');
  const caption = document.createElement('figcaption');
  caption.textContent = `${cellName(cell)}: median in ms over ${dimension}, for ${common}`;
  const chart = plot({
    width,
    height: HEIGHT,
    marginLeft: 56,
    marginRight: labelled ? 200 : 16,
    marginBottom: 40,
    style: { fontSize: '13px', background: 'none' },
    x: {
      type: 'log',
      ticks: sizes,
      tickFormat: (value: number) => String(value),
      label: dimension,
      labelAnchor: 'center',
    },
    y: {
      type: 'log',
      ticks: roundValues(least, most),
      grid: true,
      label: 'median, ms',
      tickFormat: (value: number) => String(value),
    },
    ariaLabel: `Scaling of ${cellName(cell)} over ${dimension}`,
    ariaDescription: curves
      .map(
        ({ who, points }) =>
          `${who}: ${points.map((one) => `${threeDigits(one.medianMs)} ms at ${size(one)}`).join(', ')}`,
      )
      .join('; '),
    marks: curves.flatMap((curve) => {
      const { who, points, dash } = curve;
      const stroke = `var(--${swatchOf(points[0].contender)})`;
      const place = { x: size, y: 'medianMs' };
      const name = {
        x: size,
        y: () => heights.get(curve),
        text: () => who,
        dx: 8,
        textAnchor: 'start',
      } as const;
      return [
        line(points, { ...place, stroke, strokeWidth: 2, strokeDasharray: dash }),
        dot(points, { ...place, fill: stroke, r: 3.5 }),
        ...(labelled ? [text(points.slice(-1), { ...name, fill: 'currentColor' })] : []),
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

/** 1, 2 and 5 times powers of ten between two values, so that a logarithmic axis is neither crowded nor bare. */
function roundValues(least: number, most: number): number[] {
  const exponents = [Math.floor(Math.log10(least)), Math.ceil(Math.log10(most))];
  const powers = Array.from({ length: exponents[1] - exponents[0] + 1 }, (_, i) => 10 ** (exponents[0] + i));
  return powers
    .flatMap((power) => [power, 2 * power, 5 * power])
    .filter((value) => value >= least && value <= most);
}

/** Where the names at the ends of curves stand: beside the last point, or above the name below where that is too near. */
function nameHeights(curves: readonly Curve[], ratio: number): Map<Curve, number> {
  const heights = new Map<Curve, number>();
  let below = 0;
  for (const curve of [...curves].sort((a, b) => lastOf(a) - lastOf(b))) {
    below = Math.max(lastOf(curve), below * ratio);
    heights.set(curve, below);
  }
  return heights;
}

const lastOf = ({ points }: Curve) => points[points.length - 1].medianMs;

function legend(curves: readonly Curve[]): Element {
  const list = document.createElement('ul');
  list.className = 'legend';
  for (const { who, points, dash } of curves) {
    const item = document.createElement('li');
    const swatch = document.createElement('span');
    swatch.className = `swatch ${swatchOf(points[0].contender)} ${dash && 'dashed'}`;
    item.append(swatch, who);
    list.append(item);
  }
  return list;
}
