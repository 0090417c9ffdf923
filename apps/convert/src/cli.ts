#!/usr/bin/env node

import { run } from './program.js';

// A program that has read enough (such as head) closes the pipe; that is no error.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EPIPE') process.exit(0);
  throw error;
});

const interruption = new AbortController();
process.once('SIGINT', () => interruption.abort());

process.exitCode = await run(process.argv.slice(2), {
  output: process.stdout,
  error: process.stderr,
  signal: interruption.signal,
});
