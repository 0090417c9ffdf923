// Raises versions and writes changelogs from the changesets. Copies the version to the conformance suite's reports.
import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const root = join(import.meta.dirname, '..');
const changesets = join(root, 'node_modules', '@changesets', 'cli', 'bin.js');
execFileSync(process.execPath, [changesets, 'version'], { cwd: root, stdio: 'inherit' });
const folder = join(root, 'packages', 'conformance');
const { version } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
const file = join(folder, 'src', 'version.ts');
writeFileSync(file, readFileSync(file, 'utf8').replace(/'.*'/, `'${version}'`));
