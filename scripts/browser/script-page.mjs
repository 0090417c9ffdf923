import { build } from 'esbuild';
import { resultOf, serve } from './open-page.mjs';

/**
 * A page with one script, which sets `globalThis.result` to the promise of a result.
 *
 * @typedef {object} ScriptPage
 * @property {string} script path of the script, in TypeScript or JavaScript
 * @property {string} policy its Content-Security-Policy
 * @property {string} [query] the query of its address, with the question mark
 * @property {Readonly<Record<string, string>>} [headers] more headers
 * @property {Readonly<Record<string, string>>} [folders] folders to serve beside it, by path
 * @property {number} [seconds] the time limit
 */

/**
 * Bundles the script, opens the page and returns the result of its promise.
 *
 * @param {import('playwright-core').Browser} browser
 * @param {ScriptPage} page
 * @returns {Promise<any>}
 * @throws Error with the page's errors and warnings if there is no result
 */
export async function resultOfScript(
  browser,
  { script, policy, query = '', headers, folders = {}, seconds },
) {
  const { outputFiles } = await build({ entryPoints: [script], bundle: true, format: 'esm', write: false });
  const site = await serve({
    folders,
    files: {
      '/index.html': '<!doctype html><script type="module" src="/page.js"></script>',
      '/page.js': /** @type {import('esbuild').OutputFile} */ (outputFiles[0]).text,
    },
    headers: { ...headers, 'Content-Security-Policy': policy },
  });
  try {
    return await resultOf(browser, `${site.address}/${query}`, seconds);
  } finally {
    site.close();
  }
}
