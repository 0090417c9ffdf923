import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { findChromium, thisMachine } from './find-chromium.mjs';

/**
 * Runs a program and waits until it ends, or ends it after some seconds. Resolves with its success.
 *
 * @typedef {(program: string, args: string[], seconds: number, env?: Record<string, string>) => Promise<boolean>} Run
 */

/**
 * One way to get a browser: its name, and a function that resolves with its success.
 *
 * @typedef {{ name: string, get: (run: Run) => Promise<boolean> }} Way
 */

/** @type {Way} */
const playwright = {
  name: 'Playwright’s download',
  get: (run) => {
    const command = join(
      dirname(createRequire(import.meta.url).resolve('playwright-core/package.json')),
      'cli.js',
    );
    // Playwright retries: without a network it would wait for minutes.
    const env = { PLAYWRIGHT_DOWNLOAD_CONNECTION_TIMEOUT: '4000' };
    return run(process.execPath, [command, 'install', 'chromium-headless-shell'], 180, env);
  },
};

/** @type {Way} */
const debian = {
  name: 'the system package chromium (apt-get install)',
  get: async (run) =>
    (await run('apt-get', ['update'], 120)) &&
    run('apt-get', ['install', '-y', '--no-install-recommends', 'chromium'], 300, {
      DEBIAN_FRONTEND: 'noninteractive',
    }),
};

/** The ways on this machine, the least intrusive first: a system package is the last. */
export function waysHere() {
  const isDebian = existsSync('/etc/debian_version') && process.getuid?.() === 0;
  return isDebian ? [playwright, debian] : [playwright];
}

/**
 * Finds a Chromium, or installs one.
 *
 * @param {object} [options]
 * @param {Way[]} [options.ways] ways to install one, in order
 * @param {Run} [options.run]
 * @param {import('./find-chromium.mjs').Surroundings} [options.surroundings]
 * @param {(line: string) => void} [options.say] receives each step
 * @returns {Promise<string>} the browser's path
 * @throws Error with one line that says how to provide a browser
 */
export async function provideChromium({
  ways = waysHere(),
  run = runProgram,
  surroundings = thisMachine,
  say = (line) => process.stderr.write(`sluice: ${line}\n`),
} = {}) {
  const found = findChromium(surroundings);
  if (found) return found;
  for (const { name, get } of ways) {
    say(`no Chromium found; trying ${name}`);
    if (!(await get(run))) continue;
    const installed = findChromium(surroundings);
    if (installed) return installed;
  }
  const tried = ways.map(({ name }) => name).join(' and ');
  throw new Error(
    'the tests need a Chromium: install Chromium or Chrome, or set SLUICE_CHROMIUM to the path of one ' +
      `(none was found, and ${tried} did not bring one).`,
  );
}

/** @type {Run} */
function runProgram(program, args, seconds, env = {}) {
  return new Promise((resolve) => {
    const child = spawn(program, args, {
      env: { ...process.env, ...env },
      stdio: 'ignore',
      timeout: seconds * 1000,
    });
    child.on('error', () => resolve(false));
    child.on('close', (status) => resolve(status === 0));
  });
}
