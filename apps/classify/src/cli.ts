#!/usr/bin/env node

// A program that has read enough (such as head) closes the pipe; that is no error.
import { run } from './program.js';
import { printable } from './terminal/streams.js';

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
