import { rankedOf } from '../run/results.js';
import { threeDigits, timeIn, unitOf } from './numbers.js';
import type { Run } from './results-file.js';

const NAMES = { sluice: 'Sluice', 'onnxruntime-web': 'onnxruntime-web', 'tf.layers': 'tf.layers' } as const;
const COLOURS = { sluice: '#1b7f5c', 'onnxruntime-web': '#8a6fb0', 'tf.layers': '#c9a227' } as const;
const CONTENDERS = ['sluice', 'onnxruntime-web', 'tf.layers'] as const;
const WORK: Readonly<Record<string, string>> = {
  forward: 'a forward pass',
  gradient: 'a forward pass and its gradient',
  train: 'a training batch of a classifier',
};

const [WIDTH, LEFT, BAR, GAP] = [700, 130, 14, 12];
const LONGEST = 330;

/**
 * A run as bars, an SVG for documents: the medians of the libraries on one thread of wasm, as multiples of Sluice's, for each
 * workload and cell that another library has too. Steps of a stream are left out.
 */
export function barChart({ date, machine, reports }: Run): string {
  const groups = reports.flatMap(({ task, results }) => {
    const ranked = rankedOf(results).filter(({ backend }) => backend === 'wasm');
    const sluice = ranked.find(({ contender }) => contender === 'sluice');
    if (!sluice || ranked.length < 2 || !(task.workload in WORK)) return [];
    const bars = CONTENDERS.flatMap((contender) => ranked.find((one) => one.contender === contender) ?? []);
    return [{ task, sluice, bars }];
  });
  const ratios = groups.flatMap(({ sluice, bars }) => bars.map((bar) => bar.medianMs / sluice.medianMs));
  const scale = LONGEST / Math.max(...ratios);

  const parts: string[] = [];
  let y = 16;
  for (const { task, sluice, bars } of groups) {
    const [batch, timesteps, , units] = task.shape;
    const title = `${task.cell.toUpperCase()}: ${WORK[task.workload]}, ${batch} sequences of ${timesteps} steps, ${units} units`;
    parts.push(`<text x="8" y="${y + 4}" font-weight="600">${title}</text>`);
    y += 14;
    for (const bar of bars) {
      const ratio = bar.medianMs / sluice.medianMs;
      const width = (ratio * scale).toFixed(1);
      const unit = unitOf([bar]);
      const times = bar === sluice ? '' : `, ${threeDigits(ratio)} times as long`;
      parts.push(
        `<text x="${LEFT - 8}" y="${y + 11}" text-anchor="end">${NAMES[bar.contender as keyof typeof NAMES]}</text>`,
        `<rect x="${LEFT}" y="${y}" width="${width}" height="${BAR}" rx="2" fill="${COLOURS[bar.contender as keyof typeof COLOURS]}" />`,
        `<text x="${(LEFT + ratio * scale + 8).toFixed(1)}" y="${y + 11}">${timeIn(unit, bar.medianMs)} ${unit.name}${times}</text>`,
      );
      y += BAR + 4;
    }
    y += GAP;
  }
  const note = `Measured on ${date?.slice(0, 10)} in ${machine?.runtime}, wasm on one thread, in alternation. Shorter is better.`;
  parts.push(`<text x="8" y="${y + 6}" fill="#666">${note}</text>`);
  const height = y + 18;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" role="img" aria-label="Times of Sluice, onnxruntime-web and tf.layers" font-family="system-ui, sans-serif" font-size="12">`,
    `<rect width="${WIDTH}" height="${height}" rx="6" fill="#fff" />`,
    '<g fill="#222">',
    ...parts,
    '</g>',
    '</svg>',
    '',
  ].join('\n');
}
