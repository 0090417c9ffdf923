import { coresText, librariesText } from '../machine.js';
import { rankedOf, type TaskReport } from '../run/results.js';
import { threeDigits, timeIn, unitOf } from './numbers.js';
import type { Run } from './results-file.js';

const PEERS = ['tf.layers', 'onnxruntime-web'] as const;
const WORDS = ['workload', 'batch, timesteps, input, units', 'cell', 'backend'];
const NUMBERS = ['Sluice', ...PEERS.map((name) => `\`${name}\` ÷`)];

/**
 * A run as a table for a README: Sluice's medians, and the ratios of the other libraries' medians on the same backend.
 *
 * @throws Error when the run has no date or no machine.
 */
export function markdownTable({ date, machine, reports }: Run): string {
  if (!date || !machine) throw new Error('This run does not say when and on which machine it was measured.');
  const { runtime, system, processor, threads } = machine;
  const cores = [processor, coresText(threads)].filter(Boolean).join(', ');
  return [
    `Measured on ${date.slice(0, 10)} in ${runtime} on ${system}, ${cores}; ${librariesText(machine)}.`,
    '',
    tableRow([...WORDS, ...NUMBERS]),
    tableRow([...WORDS.map(() => '---'), ...NUMBERS.map(() => '---:')]),
    ...reports.flatMap(rowsOf),
  ].join('\n');
}

function rowsOf({ task, results }: TaskReport): string[] {
  const ranked = rankedOf(results);
  return ranked
    .filter(({ contender }) => contender === 'sluice')
    .map((sluice) => {
      const unit = unitOf([sluice]);
      const ratios = PEERS.map((name) => {
        const peer = ranked.find((one) => one.contender === name && one.backend === sluice.backend);
        return peer ? threeDigits(peer.medianMs / sluice.medianMs) : '–';
      });
      const { workload, shape, cell } = task;
      const median = `${timeIn(unit, sluice.medianMs)} ${unit.name}`;
      return tableRow([workload, shape.join(', '), cell, sluice.backend, median, ...ratios]);
    });
}

const tableRow = (cells: readonly string[]) => `| ${cells.join(' | ')} |`;
