import { build } from 'esbuild';
import { resultOf, serve } from './open-page.mjs';

/**
 * A page with nothing but one script, which puts the promise of a result into `globalThis.result`.
 *
 * @typedef {object} ScriptPage
 * @property {string} script path of the script, in TypeScript or JavaScript
 * @property {string} policy its Content-Security-Policy
 * @property {string} [query] the query of its address, with the question mark
 * @property {Readonly<Record<string, string>>} [headers] more headers
 * @property {Readonly<Record<string, string>>} [folders] folders to serve beside it, by path
 * @property {number} [seconds] how long the result may take
 */

/**
 * Bundles the script, opens the page and returns the result that it promises.
 *
 * @param {import('playwright-core').Browser} browser
 * @param {ScriptPage} page
 * @returns {Promise<any>}
 * @throws Error with all that the page has complained about when there is none
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
