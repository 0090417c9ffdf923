import type { Streams } from '../terminal/streams.js';
import type { Reporter } from './reporter.js';

/**
 * For programs: one JSON object for each epoch on standard output, and nothing else. The epochs of a run that is
 * resumed were printed by the run that finished them.
 *
 * @param about put in front of each object's own entries.
 */
export function jsonReporter(
  { output }: Pick<Streams, 'output'>,
  about: Record<string, string> = {},
): Reporter {
  return {
    begin() {},
    batch() {},
    epoch(record) {
      output.write(`${JSON.stringify({ ...about, ...record })}\n`);
    },
    end() {},
  };
}
