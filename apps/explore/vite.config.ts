import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vite';
import { isolation } from '../../scripts/browser/isolation.mjs';

/** The page: `src/page`, built into `dist/page`, which any file server can serve from any folder. */
export default defineConfig({
  root: 'src/page',
  base: './',
  // What every page has: the worker that keeps its files.
  publicDir: fileURLToPath(new URL('../../scripts/page/public', import.meta.url)),
  build: {
    outDir: '../../dist/page',
    emptyOutDir: true,
    target: 'es2023',
    // Fonts and kernels stay files of their own: a strict policy allows no data: addresses.
    assetsInlineLimit: 0,
    // TensorFlow.js is in the worker's part.
    chunkSizeWarningLimit: 3000,
    rolldownOptions: { checks: { pluginTimings: false } },
  },
  worker: { format: 'es' },
  server: { headers: isolation },
  preview: { headers: isolation },
});
