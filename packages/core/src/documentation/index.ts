export { explain } from './explain.js';
export { latex } from './latex.js';
