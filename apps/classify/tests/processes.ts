import { type ChildProcess, spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';

export const program = fileURLToPath(new URL('../dist/cli.js', import.meta.url));

/** Runs the built command in a process of its own. */
export function start(args: string[]): ChildProcess & { lines: string[] } {
  const child = spawn(process.execPath, [program, ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
  const lines: string[] = [];
  let rest = '';
  child.stdout.on('data', (chunk) => {
    const parts = (rest + chunk).split('\n');
    rest = parts.pop() ?? '';
    lines.push(...parts);
    child.emit('lines');
  });
  return Object.assign(child, { lines });
}

export function ended(child: ChildProcess): Promise<{ status: number | null; error: string }> {
  let error = '';
  child.stderr?.on('data', (chunk) => {
    error += chunk;
  });
  return new Promise((resolve) => child.on('close', (status) => resolve({ status, error })));
}

/** Resolves when the process has printed `count` lines, or has ended. */
export function printed(child: ChildProcess & { lines: string[] }, count: number): Promise<void> {
  return new Promise((resolve) => {
    const check = () => {
      if (child.lines.length >= count) resolve();
    };
    check();
    child.on('lines', check);
    child.on('close', () => resolve());
  });
}
