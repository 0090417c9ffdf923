import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';

/** Settings of the environment of a part. */
export type Environment = Readonly<Record<string, string>>;

/**
 * Runs a program and hands on what it says on standard error.
 *
 * @returns what it wrote on standard output
 * @throws Error with the end of what it said when it fails
 */
export function outputOf(program: string, args: readonly string[], env: Environment = {}): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, {
      env: { ...process.env, ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let output = '';
    let complaints = '';
    child.stdout.on('data', (chunk) => {
      output += chunk;
    });
    child.stderr.on('data', (chunk) => {
      complaints += chunk;
      process.stderr.write(chunk);
    });
    child.on('error', reject);
    child.on('close', (status, signal) => {
      if (status === 0) resolve(output);
      else reject(new Error(`it ended with ${signal ?? status}: ${complaints.trim().slice(-2000)}`));
    });
  });
}

/** Runs a program and returns the lines of its output that are JSON. */
export async function linesOf(
  program: string,
  args: readonly string[],
  env: Environment,
): Promise<unknown[]> {
  const output = await outputOf(program, args, env);
  const lines = output.split('\n').filter((line) => line.startsWith('{'));
  return lines.map((line) => JSON.parse(line));
}

/** The same for a module of this folder, in this Node. */
export const linesOfModule = (name: string, args: readonly string[], env: Environment) =>
  linesOf(process.execPath, [fileURLToPath(new URL(`./${name}.js`, import.meta.url)), ...args], env);
