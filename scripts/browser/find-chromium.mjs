import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { homedir } from 'node:os';
import path from 'node:path';

/**
 * Where to look for a browser: this machine, or one that a test makes up.
 *
 * @typedef {object} Surroundings
 * @property {string} platform as Node's `process.platform`
 * @property {Record<string, string | undefined>} env
 * @property {string} home the user's folder
 * @property {(path: string) => boolean} exists
 * @property {(folder: string) => string[]} list names in a folder; none when it does not exist
 * @property {(program: string) => boolean} starts
 */

/** The first says what this repository is to use; the others are what such programs customarily obey. */
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
 * The Chromium, Chrome or Edge to test with: what an environment variable names, else an installed one, else one that
 * Playwright has downloaded. What is there but does not start is passed over, unless SLUICE_CHROMIUM names it.
 *
 * @param {Surroundings} [surroundings]
 * @returns {string | undefined} its path; nothing when there is none
 * @throws Error when SLUICE_CHROMIUM names something that does not start
 */
export function findChromium(surroundings = thisMachine) {
  const { env, exists, starts } = surroundings;
  const demanded = env.SLUICE_CHROMIUM;
  if (demanded) {
    if (exists(demanded) && starts(demanded)) return demanded;
    throw new Error(
      `SLUICE_CHROMIUM is ${demanded}, which does not start; name a Chromium or Chrome, or unset it.`,
    );
  }
  return candidates(surroundings).find((candidate) => exists(candidate) && starts(candidate));
}

/**
 * Every path at which a browser may be, in the order in which they are tried.
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

/** What the program is called in them: this has changed between Playwright's versions. */
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
 * Ubuntu has a `chromium-browser` that only says what to install, and a downloaded browser may lack libraries.
 *
 * @param {string} program
 */
function starts(program) {
  return process.platform === 'win32' || versionOf(program) !== undefined;
}

/**
 * What the browser says its version is, `Chromium 140.0.7339.80` for instance; nothing when it does not start, and on
 * Windows, where it opens a window instead.
 *
 * @param {string} program
 * @returns {string | undefined}
 */
export function versionOf(program) {
  if (process.platform === 'win32') return undefined;
  const { status, stdout } = spawnSync(program, ['--version'], { encoding: 'utf8', timeout: 30_000 });
  return status === 0 ? stdout.trim() : undefined;
}
