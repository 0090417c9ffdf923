import { html, type TemplateResult } from 'lit-html';
import type { BackendName } from '../../backends.js';
import { librariesText } from '../../machine.js';
import { type Column, threeDigits } from '../../report/numbers.js';
import type { Run } from '../../report/results-file.js';
import { sortCeilings } from '../../run/noise.js';
import { type Ceiling, type CeilingReport, type Machine, rankedOf } from '../../run/results.js';
import { backendLabel } from '../names.js';
import { table } from './table.js';

/** The machine of a run, the ceilings of its devices, and warnings about them. */
export function machineView(
  machine: Machine | undefined,
  { date, ceilings, reports = [] }: Partial<Run> & Pick<Run, 'ceilings'>,
): TemplateResult {
  const results = reports.flatMap((report) => rankedOf(report.results));
  const { doubtful } = sortCeilings(results, ceilings);
  const facts = [
    ...(machine ? factsOf(machine) : []),
    ...(date ? [['Measured', `${date.slice(0, 10)} ${date.slice(11, 16)} UTC`]] : []),
  ];
  return html`
    ${machine ? '' : html`<p>The file does not describe the machine.</p>`}
    <dl class="machine">${facts.map(([name, value]) => html`<div><dt>${name}</dt><dd>${value}</dd></div>`)}</dl>
    ${ceilings.length > 0 ? ceilingTable(ceilings) : ''}
    ${doubtful.map(({ backend }) => html`<p class="notice">${doubtOf(backend)}</p>`)}
  `;
}

const doubtOf = (backend: BackendName) =>
  `The ceiling of ${backendLabel(backend)} is below a measured speed, so something slowed it down. It is not used: measure again.`;

function factsOf(machine: Machine): [string, string][] {
  const { runtime, system, processor, threads, memoryGiB, sharedMemory, simd, relaxedSimd, webgpu } = machine;
  const features = Object.entries({ SIMD: simd, 'relaxed SIMD': relaxedSimd, threads: sharedMemory });
  const adapter =
    'adapter' in webgpu
      ? `${webgpu.adapter}${webgpu.software ? ', in software' : ''}`
      : `none: ${webgpu.missing}`;
  return [
    ['Runs in', runtime],
    ['System', [system, processor, memoryGiB && `${memoryGiB} GiB memory`].filter(Boolean).join(', ')],
    ['Logical cores', String(threads)],
    ['WebAssembly', features.map(([name, has]) => (has ? name : `no ${name}`)).join(', ')],
    ['Shared memory', sharedMemory ? 'yes, cross-origin isolated' : 'no, not cross-origin isolated'],
    ['WebGPU adapter', adapter],
    ['Libraries', librariesText(machine)],
  ];
}

function ceilingTable(ceilings: readonly CeilingReport[]): TemplateResult {
  const columns: Column<Ceiling>[] = [
    ['Device', ({ backend }) => backendLabel(backend)],
    ['in registers', ({ registerLoop }) => threeDigits(registerLoop)],
    ['matrix product', ({ matrixProduct }) => threeDigits(matrixProduct)],
  ];
  const skipped = ceilings.map((ceiling) =>
    'skipped' in ceiling
      ? html`<tr><th scope="row">${backendLabel(ceiling.backend)}</th><td colspan="2">not measured: ${ceiling.skipped}</td></tr>`
      : '',
  );
  const measured = ceilings.filter((ceiling): ceiling is Ceiling => !('skipped' in ceiling));
  return table('The highest speeds of the devices, in GFLOP/s', columns, measured, skipped, 'ceilings');
}
