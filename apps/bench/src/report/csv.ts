import Papa from 'papaparse';
import { isMeasured, isWrong, type Result } from '../results.js';
import { jsonFields } from './json-lines.js';

/** Results as a table of comma-separated values; each has the numbers of its line in JSON but for those of the rounds. */
export function writeCsv(results: readonly Result[]): string {
  return Papa.unparse(results.map(rowOf), { columns: COLUMNS });
}

const COLUMNS = [
  ...['workload', 'batch', 'timesteps', 'inputSize', 'units', 'cell', 'backend', 'threads', 'contender'],
  ...['medianMs', 'minMs', 'firstQuartileMs', 'thirdQuartileMs', 'runs', 'firstMs'],
  ...['maxError', 'wrong', 'kernels', 'flops', 'skipped'],
];

function rowOf(result: Result) {
  const { shape, ...fields } = jsonFields(result);
  const [batch, timesteps, inputSize, units] = shape;
  const row = { ...fields, batch, timesteps, inputSize, units };
  if (!isMeasured(result)) return row;
  const [firstQuartileMs, thirdQuartileMs] = (fields as { quartilesMs: number[] }).quartilesMs;
  return { ...row, firstQuartileMs, thirdQuartileMs, wrong: isWrong(result) };
}

/** Rows that `writeCsv` has written, as the objects of JSON lines; they have no times of single rounds. */
export function readCsv(text: string): Record<string, unknown>[] {
  const { data } = Papa.parse<Record<string, unknown>>(text.trim(), { header: true, dynamicTyping: true });
  return data.map((row) => {
    const { batch, timesteps, inputSize, units, firstQuartileMs, thirdQuartileMs, skipped, ...fields } = row;
    const shape = [batch, timesteps, inputSize, units];
    if (typeof skipped === 'string' && skipped !== '') {
      const { workload, cell, backend, threads, contender } = fields;
      return { workload, shape, cell, backend, threads, contender, skipped };
    }
    const { wrong, ...figures } = fields;
    return { ...figures, shape, quartilesMs: [firstQuartileMs, thirdQuartileMs], roundsMs: [] };
  });
}
