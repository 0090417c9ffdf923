import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { homedir } from 'node:os';
import path from 'node:path';

/**
 * The machine on which to look for a browser: this one, or one that a test describes.
 *
 * @typedef {object} Surroundings
 * @property {string} platform as Node's `process.platform`
 * @property {Record<string, string | undefined>} env
 * @property {string} home the user's folder
 * @property {(path: string) => boolean} exists
 * @property {(folder: string) => string[]} list names in a folder; none when it does not exist
 * @property {(program: string) => boolean} starts
 */

/** The first is this repository's; other programs read the rest too. */
const variables = ['SLUICE_CHROMIUM', 'CHROME_PATH', 'CHROMIUM_PATH'];

const commands = [
  'chromium',
  'chromium-browser',
  'google-chrome-stable',
  'google-chrome',
  'chrome',
  'microsoft-edge',
];

/** @type {Surroundings} */
export const thisMachine = {
  platform: process.platform,
  env: process.env,
  home: homedir(),
  exists: existsSync,
  list: (folder) => (existsSync(folder) ? readdirSync(folder) : []),
  starts,
};

/**
 * The Chromium, Chrome or Edge for the tests: from an environment variable, else an installed one, else one that
 * Playwright has downloaded. A browser that does not start is skipped, unless SLUICE_CHROMIUM names it.
 *
 * @param {Surroundings} [surroundings]
 * @returns {string | undefined} its path; undefined if there is none
 * @throws Error if the browser in SLUICE_CHROMIUM does not start
 */
export function findChromium(surroundings = thisMachine) {
  const { env, exists, starts } = surroundings;
  const required = env.SLUICE_CHROMIUM;
  if (required) {
    if (exists(required) && starts(required)) return required;
    throw new Error(
      `SLUICE_CHROMIUM is ${required}, which does not start; name a Chromium or Chrome, or unset it.`,
    );
  }
  return candidates(surroundings).find((candidate) => exists(candidate) && starts(candidate));
}

/**
 * Every path at which a browser may be, in order of preference.
 *
 * @param {Surroundings} surroundings
 * @returns {string[]}
 */
export function candidates(surroundings) {
  const named = variables.flatMap((name) => surroundings.env[name] ?? []);
  return [
    ...named.filter(Boolean),
    ...onPath(surroundings),
    ...installed(surroundings),
    ...downloaded(surroundings),
  ];
}

/** @param {Surroundings} surroundings */
function onPath({ platform, env }) {
  if (platform === 'win32') return [];
  const folders = (env.PATH ?? '').split(':').filter(Boolean);
  return commands.flatMap((command) => folders.map((folder) => path.posix.join(folder, command)));
}

/** @param {Surroundings} surroundings */
function installed({ platform, env, home }) {
  if (platform === 'darwin') {
    const names = ['Google Chrome', 'Chromium', 'Microsoft Edge'];
    return ['/Applications', path.posix.join(home, 'Applications')].flatMap((folder) =>
      names.map((name) => path.posix.join(folder, `${name}.app/Contents/MacOS`, name)),
    );
  }
  if (platform !== 'win32') return [];
  const folders = [env.PROGRAMFILES, env['PROGRAMFILES(X86)'], env.LOCALAPPDATA].flatMap(
    (folder) => folder ?? [],
  );
  const programs = ['Google/Chrome/Application/chrome.exe', 'Chromium/Application/chrome.exe'];
  return [...programs, 'Microsoft/Edge/Application/msedge.exe'].flatMap((program) =>
    folders.map((folder) => path.win32.join(folder, program)),
  );
}

/** Playwright's folders are called `chromium-1234` and `chromium_headless_shell-1234`; the highest number is the newest. */
const build = /^chromium(?:_headless_shell)?-(\d+)$/;

/** Names of the program in these folders; Playwright has changed them. */
const programs = [
  'chrome',
  'headless_shell',
  'chrome-headless-shell',
  'chrome.exe',
  'headless_shell.exe',
  'chrome-headless-shell.exe',
  'Chromium.app/Contents/MacOS/Chromium',
  'Google Chrome for Testing.app/Contents/MacOS/Google Chrome for Testing',
];

/** @param {Surroundings} surroundings */
function downloaded(surroundings) {
  const { platform, list } = surroundings;
  const { join } = platform === 'win32' ? path.win32 : path.posix;
  const cache = playwrightCache(surroundings);
  const number = (/** @type {string} */ name) => Number(build.exec(name)?.[1]);
  return list(cache)
    .filter((name) => build.test(name))
    .sort((a, b) => number(b) - number(a))
    .flatMap((name) => list(join(cache, name)).map((inner) => join(cache, name, inner)))
    .flatMap((folder) => programs.map((program) => join(folder, program)));
}

/** @param {Surroundings} surroundings */
function playwrightCache({ platform, env, home }) {
  if (env.PLAYWRIGHT_BROWSERS_PATH) return env.PLAYWRIGHT_BROWSERS_PATH;
  if (platform === 'darwin') return path.posix.join(home, 'Library/Caches/ms-playwright');
  if (platform === 'win32') return path.win32.join(env.LOCALAPPDATA ?? home, 'ms-playwright');
  return path.posix.join(env.XDG_CACHE_HOME || path.posix.join(home, '.cache'), 'ms-playwright');
}

/**
 * Not every file starts: Ubuntu's `chromium-browser` only prints advice, and a downloaded browser may lack libraries.
 *
 * @param {string} program
 */
function starts(program) {
  return process.platform === 'win32' || versionOf(program) !== undefined;
}

/**
 * The version that a browser prints, such as `Chromium 140.0.7339.80`; undefined if it does not start, and on Windows,
 * where it would open a window.
 *
 * @param {string} program
 * @returns {string | undefined}
 */
export function versionOf(program) {
  if (process.platform === 'win32') return undefined;
  const { status, stdout } = spawnSync(program, ['--version'], { encoding: 'utf8', timeout: 30_000 });
  return status === 0 ? stdout.trim() : undefined;
}
