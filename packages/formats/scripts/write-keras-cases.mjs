/** Reads the Keras fixtures and writes each as .keras: `node scripts/write-keras-cases.mjs DIR`, after a build. See check_keras.py. */
import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { readModel } from '../dist/index.js';
import { writeModel } from '../dist/write.js';

const [folder] = process.argv.slice(2);
mkdirSync(folder, { recursive: true });
const fixtures = fileURLToPath(new URL('../fixtures', import.meta.url));
const names = ['keras', 'keras-h5'].flatMap((format) =>
  readdirSync(join(fixtures, format)).map((name) => `${format}/${name}`),
);
// Keras 3 lacks Keras 2's hard sigmoid and classes for cuDNN, and weights alone describe no model.
for (const name of names.filter((path) => !/keras2|cudnn|weights/.test(path))) {
  const written = await writeModel(await readModel(join(fixtures, name)), 'keras');
  writeFileSync(join(folder, `${name.replaceAll('/', '_')}.keras`), written.get('model.keras'));
}
