// Raises versions and writes changelogs from the changesets. Copies the version to the conformance suite's reports and the examples.
import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const root = join(import.meta.dirname, '..');
const changesets = join(root, 'node_modules', '@changesets', 'cli', 'bin.js');
execFileSync(process.execPath, [changesets, 'version'], { cwd: root, stdio: 'inherit' });
const folder = join(root, 'packages', 'conformance');
const { version } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));

const replaceIn = (/** @type {string} */ file, /** @type {RegExp} */ pattern, /** @type {string} */ text) =>
  writeFileSync(file, readFileSync(file, 'utf8').replace(pattern, text));
replaceIn(join(folder, 'src', 'version.ts'), /'.*'/, `'${version}'`);
for (const name of readdirSync(join(root, 'examples'))) {
  const file = join(root, 'examples', name, 'package.json');
  if (existsSync(file)) replaceIn(file, /("@sluice\/[\w-]+": )".*"/g, `$1"^${version}"`);
}
