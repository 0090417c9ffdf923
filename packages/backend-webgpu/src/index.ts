export { requestDevice } from './engine.js';
