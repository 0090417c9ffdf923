import { html, type TemplateResult } from 'lit-html';
import type { CeilingReport } from '../../ceilings/ceilings.js';
import type { Machine } from '../../machine.js';
import { threeDigits } from '../../report/numbers.js';
import type { Run } from '../../results-file.js';
import { backendLabel } from '../names.js';

/** What decides the results: the machine, and what its devices reach at most. */
export function machineView(
  machine: Machine | undefined,
  { date, ceilings }: Pick<Run, 'date' | 'ceilings'>,
): TemplateResult {
  return html`
    ${
      machine
        ? html`<dl class="machine">${factsOf(machine).map(([name, value]) => html`<div><dt>${name}</dt><dd>${value}</dd></div>`)}
          ${date ? html`<div><dt>Measured</dt><dd><time datetime=${date}>${dateText(date)}</time></dd></div>` : ''}</dl>`
        : html`<p>The file does not describe the machine.</p>`
    }
    ${ceilings.length > 0 ? ceilingTable(ceilings) : ''}
  `;
}

export const dateText = (date: string): string => `${date.slice(0, 10)} ${date.slice(11, 16)} UTC`;

function factsOf(machine: Machine): [string, string][] {
  const {
    runtime,
    system,
    processor,
    threads,
    memoryGiB,
    sharedMemory,
    simd,
    relaxedSimd,
    webgpu,
    libraries,
  } = machine;
  const features = [
    simd ? 'SIMD' : 'no SIMD',
    relaxedSimd ? 'relaxed SIMD' : 'no relaxed SIMD',
    sharedMemory ? 'threads' : 'no threads',
  ];
  return [
    ['Runs in', runtime],
    ['System', [system, processor, memoryGiB && `${memoryGiB} GiB memory`].filter(Boolean).join(', ')],
    ['Logical cores', String(threads)],
    ['WebAssembly', features.join(', ')],
    ['Shared memory', sharedMemory ? 'yes, cross-origin isolated' : 'no, not cross-origin isolated'],
    [
      'WebGPU adapter',
      'adapter' in webgpu
        ? `${webgpu.adapter}${webgpu.software ? ', in software' : ''}`
        : `none: ${webgpu.missing}`,
    ],
    [
      'Libraries',
      Object.entries(libraries)
        .map(([name, version]) => `${name} ${version}`)
        .join(', '),
    ],
  ];
}

function ceilingTable(ceilings: readonly CeilingReport[]): TemplateResult {
  return html`
    <table class="ceilings">
      <caption>What the devices reach at most, in GFLOP/s</caption>
      <thead>
        <tr><th scope="col">Device</th><th scope="col">in registers</th><th scope="col">matrix product</th></tr>
      </thead>
      <tbody>
        ${ceilings.map(
          (ceiling) => html`
            <tr>
              <th scope="row">${backendLabel(ceiling.backend)}</th>
              ${
                'skipped' in ceiling
                  ? html`<td colspan="2">not measured: ${ceiling.skipped}</td>`
                  : html`<td>${threeDigits(ceiling.registerLoop)}</td><td>${threeDigits(ceiling.matrixProduct)}</td>`
              }
            </tr>
          `,
        )}
      </tbody>
    </table>
  `;
}
