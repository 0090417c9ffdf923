import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import type { Browser, Page } from 'playwright-core';
import { isolation, serve } from '../../../../scripts/browser/open-page.mjs';

const built = fileURLToPath(new URL('../../dist/page/', import.meta.url));

/** Where the built page lies on a file server of its own. */
export interface Site {
  /** The page's address, with a slash at its end. */
  readonly address: string;
  close(): void;
}

/** Serves the built page: isolated, or as any file server does and in a folder. */
export async function servePage(kind: 'isolated' | 'plain'): Promise<Site> {
  if (!existsSync(built))
    throw new Error('The page is not built; run its build (build:page) before its tests.');
  const folder = kind === 'plain' ? '/some/folder/' : '/';
  const { address, close } = await serve({
    folders: { [folder]: built },
    headers: kind === 'isolated' ? isolation : {},
  });
  return { address: `${address}${folder}`, close };
}

/** For the query of a page that measures: nothing that is asserted depends on how long that lasts. */
export const BRIEFLY = 'timeScale=0';

/** Opens the page, and fails the test when it complains about anything. */
export async function openPage(browser: Browser, address: string, query = ''): Promise<Page> {
  const page = await browser.newPage({ viewport: { width: 1200, height: 900 } });
  page.on('pageerror', (error) => {
    throw new Error(`the page has thrown: ${error.message}`);
  });
  await visit(page, address, query);
  return page;
}

/** Goes to the page's address. It keeps what an earlier visit has stored. */
export async function visit(page: Page, address: string, query = ''): Promise<void> {
  await page.goto(`${address}${query && '?'}${query}`);
  await page.waitForSelector('#measure');
}

/** Waits until all is measured. */
export const finished = (page: Page) => page.waitForSelector('#measure', { timeout: 50_000 });

/** Presses a button and gives the name and the text of the file that comes. */
export async function downloaded(page: Page, button: string): Promise<{ name: string; text: string }> {
  const [file] = await Promise.all([page.waitForEvent('download'), page.click(button)]);
  return { name: file.suggestedFilename(), text: await readFile(await file.path(), 'utf8') };
}

/** Gives the page a file as a user chooses one, and waits for what it says about it. */
export async function chooseFile(page: Page, input: '#open' | '#compare', name: string, text: string) {
  await page.setInputFiles(input, { name, mimeType: 'application/json', buffer: Buffer.from(text) });
  await page.waitForSelector(`:is([role=status], [role=alert]):has-text("${name}")`, { state: 'attached' });
}

/** What a cell of a table shows, by its heading. */
export type Row = Readonly<Record<string, string>>;

/** The rows of every table of results, with the caption as `caption`. */
export function rowsOf(page: Page): Promise<Row[]> {
  return page.$$eval('table.results', (tables) =>
    tables.flatMap((table) => {
      const headings = [...table.querySelectorAll('thead th')].map((each) => each.textContent?.trim() ?? '');
      return [...table.querySelectorAll('tbody tr')].map((row) => ({
        caption: table.querySelector('caption')?.textContent ?? '',
        ...Object.fromEntries(
          [...row.children].map((cell, i) => [
            headings[i],
            cell.textContent?.trim().replace(/\s+/g, ' ') ?? '',
          ]),
        ),
      }));
    }),
  );
}
