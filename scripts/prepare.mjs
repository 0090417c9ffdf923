import { manifest, pnpm } from './pnpm.mjs';

/**
 * Ends the process with one line: the problem and its fix.
 *
 * @returns {never}
 */
export function stop(/** @type {string} */ message) {
  process.stderr.write(`sluice: ${message}\n`);
  process.exit(1);
}

/** Stops if this Node is older than `engines` in package.json. */
export function checkNode() {
  const needed = manifest.engines.node.replace('>=', '');
  const [major, minor] = process.versions.node.split('.').map(Number);
  const [neededMajor, neededMinor] = needed.split('.').map(Number);
  if (major < neededMajor || (major === neededMajor && minor < neededMinor)) {
    stop(`Node ${process.versions.node} is too old; Sluice needs Node ${needed} or newer (nodejs.org).`);
  }
}

/** Fetches pnpm and installs the versions in the lockfile; stops with one line if it cannot. */
export async function install() {
  const probe = await pnpm(['--version'], { output: 'capture' });
  if (probe.status !== 0) stop(explainPnpmFailure(probe));
  process.stderr.write('sluice: installing dependencies\n');
  const result = await pnpm(
    [
      'install',
      '--frozen-lockfile',
      '--prefer-offline',
      '--reporter=append-only',
      '--config.confirmModulesPurge=false',
    ],
    { output: 'capture' },
  );
  if (result.status !== 0) stop(explainInstallFailure(result.text));
}

/** Compiles every package whose sources have changed. */
export async function build() {
  process.stderr.write('sluice: building\n');
  const result = await turbo(['run', 'build', '--output-logs=errors-only'], 'capture');
  if (result.status !== 0) {
    process.stderr.write(result.text);
    stop('the build failed; the compiler’s messages are above.');
  }
}

/**
 * Runs turbo, which needs pnpm on its path.
 *
 * @param {string[]} args
 * @param {'inherit' | 'capture'} output
 */
export function turbo(args, output) {
  return pnpm(['exec', 'turbo', ...args], { output });
}

function explainPnpmFailure(/** @type {{ status: number, text: string }} */ { status, text }) {
  if (status === 127) return 'npm is missing; install Node with npm (nodejs.org).';
  if (isNetworkError(text)) {
    return `the npm registry cannot be reached to fetch ${manifest.packageManager}; check the network.`;
  }
  return `${manifest.packageManager} does not start: ${lastLine(text)}`;
}

function explainInstallFailure(/** @type {string} */ text) {
  if (text.includes('ERR_PNPM_OUTDATED_LOCKFILE')) {
    return `pnpm-lock.yaml does not match a package.json; run: npx --yes ${manifest.packageManager} install`;
  }
  if (text.includes('ENOSPC')) return 'the disk is full; free some space and run the command again.';
  if (isNetworkError(text)) return 'the npm registry cannot be reached to install; check the network.';
  return `the installation failed:\n${text}`;
}

function isNetworkError(/** @type {string} */ text) {
  return /ENOTFOUND|ECONNREFUSED|ECONNRESET|ETIMEDOUT|EAI_AGAIN|ENETUNREACH|ENOTCACHED|ERR_SOCKET_TIMEOUT|fetch failed/.test(
    text,
  );
}

function lastLine(/** @type {string} */ text) {
  return text.trim().split('\n').at(-1) ?? '';
}
