// Usage: node scripts/example.mjs NAME [FOLDER]: packs the packages, installs them into a copy of examples/NAME and starts it.
// Without FOLDER the copy is in a temporary folder, which is removed at the end.
import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { pack, withDependencies } from './pack.mjs';
import { root, run } from './pnpm.mjs';
import { build, checkNode, install, stop } from './prepare.mjs';

const [name = '', folder] = process.argv.slice(2);
const examples = join(root, 'examples');
const names = readdirSync(examples).filter((each) => existsSync(join(examples, each, 'package.json')));
if (!names.includes(name)) {
  stop(`'${name}' is no example; name one: npm run example -- NAME, with NAME of ${names.join(', ')}.`);
}
checkNode();
await install();
await build();
const place = mkdtempSync(join(tmpdir(), 'sluice-example-'));
// npm moves to the root; the path is meant from where the user stands.
const copy = folder ? resolve(process.env.INIT_CWD ?? process.cwd(), folder) : join(place, name);
if (folder && existsSync(copy) && readdirSync(copy).length > 0) stop(`the folder ${copy} is not empty.`);
try {
  process.stderr.write('sluice: packing\n');
  mkdirSync(copy, { recursive: true });
  cpSync(join(examples, name), copy, { recursive: true });
  const { dependencies } = JSON.parse(readFileSync(join(copy, 'package.json'), 'utf8'));
  const tarballs = await pack(withDependencies(Object.keys(dependencies)), place);
  const npm = (/** @type {string[]} */ args) =>
    run('npm', args, { cwd: copy, shell: process.platform === 'win32' });
  // When the packages are published, `npm install` alone does this.
  const installed = await npm(['install', '--no-audit', '--no-fund', ...tarballs.values()]);
  process.exitCode = installed.status || (await npm(['start'])).status;
} finally {
  rmSync(place, { recursive: true, force: true });
}
