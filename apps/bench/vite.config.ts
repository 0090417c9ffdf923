import { defineConfig } from 'vite';
import { isolation } from '../../scripts/browser/isolation.mjs';
import { libraryVersions } from './src/command/library-versions.js';

/**
 * The page: `src/page`, built into `dist/page`, which any file server can serve from any folder. Nothing is minified: TensorFlow.js
 * makes the script of its threads out of the text of a function, which does not stand that.
 */
export default defineConfig({
  root: 'src/page',
  base: './',
  build: {
    outDir: '../../dist/page',
    emptyOutDir: true,
    target: 'es2023',
    minify: false,
    rolldownOptions: { checks: { pluginTimings: false } },
  },
  worker: { format: 'es' },
  define: { 'import.meta.env.LIBRARIES': JSON.stringify(libraryVersions()) },
  // The build that has WebAssembly alone: the WebGPU one has no operators of recurrent layers.
  resolve: { alias: [{ find: /^onnxruntime-web$/, replacement: 'onnxruntime-web/wasm' }] },
  server: { headers: isolation },
  preview: { headers: isolation },
});
