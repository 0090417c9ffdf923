import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect, test } from 'vitest';
import { examples, root, workspacePackages } from './workspace.js';

const guides = readdirSync(join(root, 'docs/guide'), { encoding: 'utf8' })
  .filter((name) => name.endsWith('.md'))
  .map((name) => `docs/guide/${name}`);
const pages = [
  ...['README.md', 'CONTRIBUTING.md', 'RELEASING.md', 'packages/conformance/WRITE-A-BACKEND.md'],
  ...workspacePackages.map(({ folder }) => `${folder}/README.md`),
  ...guides,
  'examples/README.md',
  ...examples.map(({ name }) => `examples/${name}/README.md`),
].filter((path) => existsSync(join(root, path)));

const proseOf = (path: string) => readFileSync(join(root, path), 'utf8').replace(/^```.*?^```/gms, '');

/** The anchors of a page's headings, as GitHub and the site make them. */
const anchorsOf = (path: string) =>
  [...proseOf(path).matchAll(/^#+ (.+)$/gm)].map((match) =>
    match[1]!
      .toLowerCase()
      .replace(/[^\p{L}\p{N} _-]/gu, '')
      .replace(/ /g, '-'),
  );

/** The relative links of a page that lead nowhere. */
function brokenLinks(path: string): string[] {
  const links = [...proseOf(path).matchAll(/\]\(([^)\s]+)\)/g)].map((match) => match[1]!);
  return links.filter((link) => {
    if (/^[a-z]+:/.test(link)) return false;
    const [file = '', anchor] = link.split('#');
    const target = file ? join(dirname(path), file) : path;
    if (!existsSync(join(root, target))) return true;
    // The site has no other pages.
    if (path.startsWith('docs/') && !target.startsWith('docs/')) return true;
    return anchor !== undefined && !anchorsOf(target).includes(anchor);
  });
}

test.each(pages)('the links of %s lead to files and headings that exist', (path) => {
  expect(brokenLinks(path)).toEqual([]);
});

test('every guide is reached from the root README', () => {
  const readme = readFileSync(join(root, 'README.md'), 'utf8');
  const reached = new Set(guides.filter((guide) => readme.includes(`(${guide}`)));
  for (const guide of reached) {
    for (const [, name] of proseOf(guide).matchAll(/\]\(\.\/([\w-]+\.md)/g))
      reached.add(`docs/guide/${name}`);
  }
  expect(guides.filter((guide) => !reached.has(guide))).toEqual([]);
});
