// The development server must leave the package's files where they are: the audio processor is one of them.
export default { base: './', optimizeDeps: { exclude: ['@sluice/stream'] } };
