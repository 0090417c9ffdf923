import { html, type TemplateResult } from 'lit-html';
import { guard } from 'lit-html/directives/guard.js';
import type { TaskReport } from '../../results.js';
import type { Run } from '../../results-file.js';
import { WORKLOADS } from '../../workloads/workload.js';
import { barChart } from '../charts/bar-chart.js';
import { scalingChart } from '../charts/scaling-chart.js';
import { WORKLOAD_NAMES } from '../names.js';
import { scalingsIn } from '../scaling.js';
import { taskTable } from './task-table.js';

/** Charts and tables of a run, by workload. */
export function resultsView({ reports, ceilings }: Run, width: number): TemplateResult[] {
  return WORKLOADS.flatMap((workload) => {
    const own = reports.filter(({ task, results }) => task.workload === workload && results.length > 0);
    if (own.length === 0) return [];
    const { name, what } = WORKLOAD_NAMES[workload];
    return [
      html`
        <section class="workload" aria-labelledby=${workload}>
          <h3 id=${workload}>${name}</h3>
          <p class="what">${what}</p>
          ${guard([width, ...own], () => chartsOf(own, width))}
          ${own.map((report) => taskTable(report, ceilings))}
        </section>
      `,
    ];
  });
}

function chartsOf(reports: readonly TaskReport[], width: number): (Element | string)[] {
  return [
    ...scalingsIn(reports).map((scaling) => scalingChart(scaling, width)),
    barChart(reports, width) ?? '',
  ];
}
