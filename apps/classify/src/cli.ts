#!/usr/bin/env node
import { run } from './program.js';
import { printable } from './terminal/printable.js';

// A reader that has seen enough (such as head) closes the pipe; that is not an error of ours.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EPIPE') process.exit(0);
  throw error;
});

process.exitCode = await run(process.argv.slice(2), {
  input: process.stdin,
  output: process.stdout,
  error: process.stderr,
}).catch((defect: Error) => {
  process.stderr.write(`${printable(defect.stack ?? String(defect))}\n`);
  return 1;
});
