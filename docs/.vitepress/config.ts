import { defineConfig } from 'vitepress';

const guide = (text: string, page: string) => ({ text, link: `/guide/${page}` });

/** The pages by theme. A page that is missing here, or a link to a page that does not exist, fails a test. */
export const sidebar = [
  {
    text: 'Start',
    items: [
      guide('In five minutes', 'start'),
      guide('Choose a backend', 'backends'),
      guide('CDN and bundlers', 'bundlers'),
      guide('Deployment', 'deployment'),
      guide('Questions', 'questions'),
    ],
  },
  {
    text: 'Coming from',
    items: [
      guide('Keras', 'from-keras'),
      guide('PyTorch', 'from-pytorch'),
      guide('tf.layers', 'from-tf-layers'),
    ],
  },
  {
    text: 'Tasks',
    items: [
      guide('Text classification', 'text-classification'),
      guide('Sequence to sequence', 'seq2seq'),
      guide('Time series', 'time-series'),
      guide('Text, letter by letter', 'stateful-sampling'),
      guide('Masks and lengths', 'masks-and-lengths'),
      guide('Your own training loop', 'training-loop'),
      guide('Streams', 'streams'),
      guide('AudioWorklet and workers', 'audio'),
    ],
  },
  {
    text: 'Cells',
    items: [
      guide('Your own cell', 'own-cell'),
      guide('Equations', 'equations'),
      guide('Looking inside', 'looking-inside'),
    ],
  },
  {
    text: 'Files',
    items: [guide('Model files', 'model-files'), guide('The same cell in PyTorch', 'pytorch')],
  },
  {
    text: 'Devices',
    items: [
      guide('The wasm backend', 'wasm'),
      guide('The WebGPU backend', 'webgpu'),
      guide('Write a backend', 'write-a-backend'),
      guide('Test a backend', 'testing-a-backend'),
    ],
  },
  {
    text: 'Background',
    items: [
      guide('How it works', 'how-it-works'),
      guide('Accuracy and tests', 'accuracy'),
      guide('Speed', 'speed'),
    ],
  },
  {
    text: 'Commands',
    items: [guide('The classifier', 'classify'), guide('The benchmark', 'benchmark')],
  },
  {
    text: 'Reference',
    items: [
      // Not a page of the site generator: typedoc writes it.
      { text: 'API', link: '/api/index.html', target: '_self' },
      { text: 'Glossary', link: '/glossary' },
    ],
  },
];

export default defineConfig({
  title: 'Sluice',
  description: 'Gated recurrent networks for TensorFlow.js, at full speed wherever JavaScript runs.',
  // The reports of the public API are for reviews; the site has the reference instead.
  srcExclude: ['api/**'],
  ignoreDeadLinks: [/^\/api\//],
  cleanUrls: false,
  themeConfig: {
    sidebar,
    outline: [2, 3],
    search: { provider: 'local' },
  },
});
