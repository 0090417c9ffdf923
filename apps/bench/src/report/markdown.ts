import { coresText, type Machine } from '../machine.js';
import type { Measured, TaskReport } from '../results.js';
import type { Run } from '../results-file.js';
import { rankedOf, threeDigits, timeIn, unitOf } from './numbers.js';

const PEERS = ['tf.layers', 'onnxruntime-web'] as const;

/**
 * A run as a table for a README: Sluice's medians, and how many times as long the others take on the same backend.
 * @throws Error when the run does not say when and where it was measured.
 */
export function markdownTable({ date, machine, reports }: Run): string {
  if (!date || !machine) throw new Error('This run does not say when and on which machine it was measured.');
  const headings = [
    'workload',
    'batch, timesteps, input, units',
    'cell',
    'backend',
    'Sluice',
    ...PEERS.map((name) => `\`${name}\` ÷`),
  ];
  return [
    `Measured on ${date.slice(0, 10)} ${placeOf(machine)}.`,
    '',
    tableRow(headings),
    tableRow(headings.map((_, i) => (i < 4 ? '---' : '---:'))),
    ...reports.flatMap(rowsOf),
  ].join('\n');
}

function placeOf({ runtime, system, processor, threads, libraries }: Machine): string {
  const versions = Object.entries(libraries).map(([name, version]) => `${name} ${version}`);
  const machine = [processor, coresText(threads)].filter(Boolean).join(', ');
  return `in ${runtime} on ${system}, ${machine}; ${versions.join(', ')}`;
}

function rowsOf({ task, results }: TaskReport): string[] {
  const ranked = rankedOf(results);
  return ranked
    .filter(({ contender }) => contender === 'sluice')
    .map((sluice) => {
      const unit = unitOf([sluice]);
      const ratios = PEERS.map((peer) =>
        ratioTo(
          sluice,
          ranked.find((one) => one.contender === peer && one.backend === sluice.backend),
        ),
      );
      const shape = task.shape.join(', ');
      return tableRow([
        task.workload,
        shape,
        task.cell,
        sluice.backend,
        `${timeIn(unit, sluice.medianMs)} ${unit.name}`,
        ...ratios,
      ]);
    });
}

const ratioTo = (sluice: Measured, peer: Measured | undefined) =>
  peer ? threeDigits(peer.medianMs / sluice.medianMs) : '–';

const tableRow = (cells: readonly string[]) => `| ${cells.join(' | ')} |`;
