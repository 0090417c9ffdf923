import type { Streams } from '../terminal/streams.js';
import { barReporter } from './bar-reporter.js';
import { jsonReporter } from './json-reporter.js';
import { lineReporter } from './line-reporter.js';
import type { Reporter } from './reporter.js';

/**
 * The way to show a run that suits the options and the terminal.
 *
 * @param about for JSON: put in front of each object's own entries.
 */
export function chooseReporter(streams: Streams, json: boolean, about?: Record<string, string>): Reporter {
  if (json) return jsonReporter(streams, about);
  return streams.bar.isTTY ? barReporter(streams) : lineReporter(streams);
}
