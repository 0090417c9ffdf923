import { execFile } from 'node:child_process';

/** Runs a program in a folder. Resolves with its standard output; rejects with all of its output if it fails. */
export function runIn(folder: string, program: string, args: string[]): Promise<string> {
  return new Promise((resolve, reject) => {
    execFile(program, args, { cwd: folder, timeout: 120_000 }, (error, stdout, stderr) => {
      if (error) reject(new Error(`${error.message}\n${stdout}\n${stderr}`));
      else resolve(stdout);
    });
  });
}
