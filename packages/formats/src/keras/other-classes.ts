/** What most models of TensorFlow.js's layers format do without, in one module that a page loads when it needs it. */
export { fromKeras3 } from './keras3-config.js';
export { allClasses } from './sluice-classes.js';
