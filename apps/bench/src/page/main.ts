import '@picocss/pico/css/pico.min.css';
import './style.css';
import { render } from 'lit-html';
import { type State, subscribe } from './store.js';
import { pageView } from './views/page-view.js';

const root = document.querySelector('#page') as HTMLElement;
let shown: State;
let width = 0;

/** Renders the state, for the width of the page. */
function show(state: State): void {
  shown = state;
  width = Math.min(1040, root.clientWidth - 2);
  render(pageView(state, width), root);
}

addEventListener('resize', () => {
  if (Math.min(1040, root.clientWidth - 2) !== width) show(shown);
});
subscribe(show);
