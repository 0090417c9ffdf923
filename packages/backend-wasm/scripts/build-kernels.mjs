// Compiles the kernels for every kind of memory and instructions in `assembly/asconfig.json`. One process: most of the time
// of the compiler is its start.
import { readFileSync } from 'node:fs';
import { main } from 'assemblyscript/asc';

const config = 'assembly/asconfig.json';
const { targets } = JSON.parse(readFileSync(config, 'utf8'));

for (const target of Object.keys(targets)) {
  const { error, stderr } = await main(['assembly/index.ts', '--config', config, '--target', target]);
  process.stderr.write(String(stderr));
  if (error) {
    process.exitCode = 1;
    break;
  }
}
