import { spawn } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The repository's root folder. */
export const root = dirname(dirname(fileURLToPath(import.meta.url)));

/** The contents of the root's package.json. */
export const manifest = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));

/**
 * Runs a program and waits until it ends. Ctrl-C reaches the program, and this process waits for it.
 *
 * @param {string} program
 * @param {string[]} args
 * @param {object} [options]
 * @param {'inherit' | 'toStandardError' | 'capture'} [options.output]
 * @param {string} [options.cwd] default: the repository's root
 * @param {boolean} [options.shell]
 * @param {Record<string, string>} [options.defaults] variables of the environment, where they are not set
 * @returns {Promise<{ status: number, text: string }>} exit status (127: program not found) and what was captured
 */
export function run(program, args, { output = 'inherit', cwd = root, shell = false, defaults = {} } = {}) {
  const stdio = /** @type {const} */ ({
    inherit: 'inherit',
    toStandardError: ['inherit', 2, 2],
    capture: ['ignore', 'pipe', 'pipe'],
  })[output];
  const env = {
    ...defaults,
    ...process.env,
    TURBO_TELEMETRY_DISABLED: '1',
    npm_config_prefer_offline: 'true',
    // Part of turbo's cache keys: each version of Node runs the tests itself.
    SLUICE_NODE_VERSION: process.version,
  };
  return new Promise((resolve) => {
    const child = spawn(program, args, { cwd, env, shell, stdio: /** @type {any} */ (stdio) });
    let text = '';
    child.stdout?.on('data', (chunk) => {
      text += chunk;
    });
    child.stderr?.on('data', (chunk) => {
      text += chunk;
    });
    const wait = () => {};
    const pass = () => child.kill('SIGTERM');
    process.on('SIGINT', wait);
    process.on('SIGTERM', pass);
    const end = (/** @type {number} */ status) => {
      process.off('SIGINT', wait);
      process.off('SIGTERM', pass);
      resolve({ status, text });
    };
    child.on('error', (error) => {
      text += error.message;
      end(127);
    });
    child.on('close', (code, signal) => end(code ?? (signal === 'SIGINT' ? 130 : 143)));
  });
}

/**
 * Runs the exact pnpm that `packageManager` names. npm fetches it on first use; nothing is installed globally.
 *
 * @param {string[]} args
 * @param {Parameters<typeof run>[2]} [options]
 */
export function pnpm(args, options) {
  const npmCli = findNpmCli();
  const spec = ['--yes', `--package=${manifest.packageManager}`, '--', 'pnpm', ...args];
  if (npmCli) return run(process.execPath, [npmCli, 'exec', ...spec], options);
  return run('npm', ['exec', ...spec], { ...options, shell: process.platform === 'win32' });
}

/** The path of npm's JavaScript file, which needs no shell; undefined if it is not found. */
function findNpmCli() {
  const running = process.env.npm_execpath;
  if (running && basename(running) === 'npm-cli.js') return running;
  const shipped = join(dirname(process.execPath), '..', 'lib', 'node_modules', 'npm', 'bin', 'npm-cli.js');
  return existsSync(shipped) ? shipped : undefined;
}
