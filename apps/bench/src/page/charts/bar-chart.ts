import { axisY, barX, plot, ruleX, text } from '@observablehq/plot';
import { rankedOf, speedOf, threeDigits } from '../../report/numbers.js';
import type { Measured, TaskReport } from '../../results.js';
import { backendLabel, CONTENDER_NAMES, swatchOf, taskLabel } from '../names.js';
import { asImage } from './as-image.js';

/** Below this many pixels there is no room for more than a bar and its number. */
const NARROW = 560;

/** How fast everyone is at the tasks of a workload, in GFLOP/s: the longer, the faster. Wrong results are left out. */
export function barChart(reports: readonly TaskReport[], width: number): Element | undefined {
  const rows = reports.flatMap(({ task, results }) =>
    rankedOf(results)
      .sort((a, b) => a.medianMs - b.medianMs)
      .map((result) => ({ task: taskLabel(task), who: whoIs(result), result })),
  );
  if (rows.length === 0) return undefined;
  const charts = reports
    .map(({ task }) => rows.filter((row) => row.task === taskLabel(task)))
    .filter((some) => some.length > 0);
  const most = Math.max(...rows.map(({ result }) => speedOf(result)));
  const figure = document.createElement('figure');
  const caption = document.createElement('figcaption');
  caption.textContent = 'Speed in GFLOP/s: longer is faster';
  figure.append(caption);
  for (const some of charts) {
    if (charts.length > 1) {
      const heading = document.createElement('p');
      heading.className = 'facet';
      heading.textContent = some[0].task;
      figure.append(heading);
    }
    figure.append(bars(some, most, width));
  }
  return figure;
}

interface Row {
  readonly task: string;
  readonly who: string;
  readonly result: Measured;
}

const whoIs = ({ contender, backend }: Measured) =>
  `${CONTENDER_NAMES[contender]} · ${backendLabel(backend)}`;

function bars(rows: readonly Row[], most: number, width: number): Element {
  const narrow = width < NARROW;
  const speed = ({ result }: Row) => speedOf(result);
  const order = rows.map(({ who }) => who);
  const chart = plot({
    width,
    height: rows.length * (narrow ? 44 : 28) + 8,
    marginTop: 4,
    marginBottom: 4,
    marginLeft: narrow ? 4 : 250,
    marginRight: 90,
    style: { fontSize: '13px', background: 'none' },
    x: { domain: [0, most], axis: null },
    y: { domain: order, axis: null, padding: narrow ? 0.55 : 0.25, label: null },
    ariaLabel: `Bar chart of ${rows[0].task}`,
    ariaDescription: rows.map((row) => `${row.who}: ${threeDigits(speed(row))} GFLOP/s`).join('; '),
    marks: [
      barX(rows, {
        x: speed,
        y: 'who',
        fill: ({ result }: Row) => `var(--${swatchOf(result.contender)})`,
        insetTop: narrow ? 10 : 0,
        insetBottom: narrow ? -10 : 0,
        rx2: 2,
      }),
      text(rows, {
        x: speed,
        y: 'who',
        dy: narrow ? 10 : 0,
        dx: 6,
        textAnchor: 'start',
        fill: 'currentColor',
        fontVariant: 'tabular-nums',
        text: (row: Row) => `${threeDigits(speed(row))}`,
      }),
      narrow
        ? text(rows, {
            frameAnchor: 'left',
            y: 'who',
            dy: -12,
            text: 'who',
            textAnchor: 'start',
            fill: 'currentColor',
          })
        : axisY({ tickSize: 0, fontSize: 13 }),
      ...(narrow ? [] : [ruleX([0], { stroke: 'currentColor', strokeOpacity: 0.4 })]),
    ],
  });
  return asImage(chart);
}
