// Usage: node scripts/bare-machine/pack.mjs [FILE]: packs all that is needed to try Sluice on a Linux machine (x64) with a GPU, its
// Vulkan driver and nothing else into one archive, sluice-bare-machine.tar.xz by default. There: tar -xf it, and
// sluice-bare-machine/run.sh > result.json.
import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { run } from '../pnpm.mjs';
import { build, checkNode, install, stop } from '../prepare.mjs';

checkNode();
await install();
await build();
const { assemble } = await import('./assemble.mjs');
// npm moves to the root; the path is meant from where the user stands.
const file = resolve(process.env.INIT_CWD ?? process.cwd(), process.argv[2] ?? 'sluice-bare-machine.tar.xz');
const place = mkdtempSync(join(tmpdir(), 'sluice-bare-machine-'));
const name = 'sluice-bare-machine';
try {
  await assemble(join(place, name));
  process.stderr.write('sluice: compressing\n');
  const { status } = await run('tar', ['-cJf', file, '-C', place, name], { output: 'toStandardError' });
  if (status !== 0) stop('tar with xz is needed to pack the archive.');
} finally {
  rmSync(place, { recursive: true, force: true });
}
console.log(`${file}: ${Math.round(statSync(file).size / 2 ** 20)} MiB`);
