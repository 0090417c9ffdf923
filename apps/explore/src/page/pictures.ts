import { shape } from './elements.js';

/** A line of a chart. */
export interface Series {
  readonly name: string;
  /** y for x = 1, 2, …; a gap where it is no number. */
  readonly values: readonly number[];
}

const [WIDTH, HEIGHT] = [480, 240];
const MARGIN = { left: 56, right: 12, top: 12, bottom: 36 };
const TICKS = 5;

/** A chart of lines over steps. With `isLog` each horizontal line is ten times the one below it. */
export function lineChart(
  label: string,
  { x, y }: { readonly x: string; readonly y: string },
  series: readonly Series[],
  isLog = false,
): SVGElement {
  const scaled = series.map(({ values }) => values.map((value) => (isLog ? Math.log10(value) : value)));
  const numbers = scaled.flat().filter(Number.isFinite);
  const least = isLog ? Math.floor(Math.min(...numbers, 0)) : Math.min(0, ...numbers);
  const most = isLog ? Math.ceil(Math.max(...numbers, least + 1)) : Math.max(...numbers, least + 1e-6);
  const count = Math.max(2, ...series.map(({ values }) => values.length));
  const [right, bottom] = [WIDTH - MARGIN.right, HEIGHT - MARGIN.bottom];
  const toX = (i: number) => MARGIN.left + ((right - MARGIN.left) * i) / (count - 1);
  const toY = (value: number) => bottom - ((bottom - MARGIN.top) * (value - least)) / (most - least);
  const steps = isLog ? Math.min(TICKS, most - least) : TICKS - 1;
  const lines = Array.from({ length: steps + 1 }, (_, i) => {
    const value = isLog
      ? Math.round(least + ((most - least) * i) / steps)
      : least + ((most - least) * i) / steps;
    const text = isLog ? `10${superscript(value)}` : Number(value.toPrecision(2)).toString();
    return [
      shape('line', { x1: MARGIN.left, x2: right, y1: toY(value), y2: toY(value), class: 'grid-line' }),
      shape('text', { x: MARGIN.left - 6, y: toY(value) + 4, 'text-anchor': 'end' }, text),
    ];
  });
  const curves = scaled.map((values, i) => {
    let path = '';
    values.forEach((value, at) => {
      if (!Number.isFinite(value)) return;
      const isNew = at === 0 || !Number.isFinite(values[at - 1]);
      path += `${isNew ? 'M' : 'L'}${toX(at).toFixed(1)},${toY(value).toFixed(1)}`;
    });
    return shape('path', { d: path, class: `curve series-${i}` });
  });
  return shape(
    'svg',
    { viewBox: `0 0 ${WIDTH} ${HEIGHT}`, role: 'img', 'aria-label': label },
    ...lines.flat(),
    ...curves,
    shape(
      'text',
      { x: (MARGIN.left + right) / 2, y: HEIGHT - 6, 'text-anchor': 'middle' },
      `${x} 1 to ${count}`,
    ),
    shape('text', { x: MARGIN.left + 4, y: MARGIN.top + 10, 'text-anchor': 'start' }, y),
  );
}

const superscript = (value: number): string =>
  [...String(value)].map((digit) => (digit === '-' ? '⁻' : '⁰¹²³⁴⁵⁶⁷⁸⁹'[Number(digit)])).join('');

const CELL = 14;

/** Rows of numbers over steps as colours: a column for each step, a row for each unit. Blue is low, yellow is high. */
export function heatMap(
  label: string,
  steps: readonly string[],
  rows: readonly (readonly number[])[],
  [least, most]: readonly [number, number],
): SVGElement {
  const units = rows[0]?.length ?? 0;
  const width = Math.max(CELL, Math.min(48, 900 / Math.max(1, steps.length)));
  const squares = rows.flatMap((numbers, step) =>
    numbers.map((number, unit) => {
      const share = Math.min(1, Math.max(0, (number - least) / (most - least)));
      const title = shape('title', {}, `${steps[step]}, unit ${unit + 1}: ${number.toFixed(3)}`);
      const place = { x: step * width, y: unit * CELL, width, height: CELL };
      return shape('rect', { ...place, fill: colourOf(share) }, title);
    }),
  );
  const names = steps.map((step, i) =>
    shape(
      'text',
      { x: (i + 0.5) * width, y: units * CELL + 16, 'text-anchor': 'middle' },
      nameThatFits(step, width),
    ),
  );
  const size = { viewBox: `0 0 ${steps.length * width} ${units * CELL + 22}` };
  return shape('svg', { ...size, role: 'img', 'aria-label': label, class: 'heat' }, ...squares, ...names);
}

/** Narrow columns have no names, but for those that are marked. */
function nameThatFits(step: string, width: number): string {
  if (step === ' ') return '␣';
  if (step.endsWith('←')) return step.slice(0, -2);
  return step.length * 6 <= width ? step : step.length > 3 && width < 30 ? '' : step.slice(0, 8);
}

/** From dark blue over green to yellow. */
function colourOf(share: number): string {
  const stops = [
    [38, 28, 98],
    [33, 124, 142],
    [94, 201, 98],
    [253, 231, 37],
  ];
  const at = share * (stops.length - 1);
  const i = Math.min(stops.length - 2, Math.floor(at));
  const mixed = stops[i].map((low, channel) => Math.round(low + (stops[i + 1][channel] - low) * (at - i)));
  return `rgb(${mixed.join(' ')})`;
}
