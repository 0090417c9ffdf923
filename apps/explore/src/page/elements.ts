/** An element of the page by its id. */
export function byId<Kind extends HTMLElement>(id: string, kind: new () => Kind): Kind {
  const found = document.getElementById(id);
  if (found instanceof kind) return found;
  throw new Error(`the page has no ${kind.name} with the id ${id}`);
}

/** A part of the page by its class, below an element. */
export function within<Kind extends Element>(
  parent: ParentNode,
  selector: string,
  kind: new () => Kind,
): Kind {
  const found = parent.querySelector(selector);
  if (found instanceof kind) return found;
  throw new Error(`the page has no ${kind.name} that matches ${selector}`);
}

/** A new element with attributes and a text. */
export function element<Name extends keyof HTMLElementTagNameMap>(
  name: Name,
  attributes: Readonly<Record<string, string>> = {},
  ...children: readonly (Node | string)[]
): HTMLElementTagNameMap[Name] {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  made.append(...children);
  return made;
}

const SVG = 'http://www.w3.org/2000/svg';

/** A new element of a picture. */
export function shape(
  name: string,
  attributes: Readonly<Record<string, string | number>>,
  ...children: readonly (Node | string)[]
): SVGElement {
  const made = document.createElementNS(SVG, name) as SVGElement;
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, String(value));
  made.append(...children);
  return made;
}

/** A table; the first row is the head, the first column names the rows. */
export function table(rows: readonly (readonly (Node | string)[])[]): HTMLElement {
  const [head = [], ...body] = rows;
  const headRow = element('tr', {}, ...head.map((cell) => element('th', { scope: 'col' }, cell)));
  const bodyRows = body.map(([name = '', ...cells]) =>
    element('tr', {}, element('th', { scope: 'row' }, name), ...cells.map((cell) => element('td', {}, cell))),
  );
  return element(
    'div',
    { class: 'overflow-auto', tabindex: '0', role: 'group' },
    element('table', {}, element('thead', {}, headRow), element('tbody', {}, ...bodyRows)),
  );
}
