// Elements out of values. Text never becomes markup: what customers are called and say stays text.
type Child = Node | string | number | null | undefined | false | Child[];
type Props = Record<string, string | number | boolean | null | undefined | ((event: Event) => void)>;

/** h('button', {class: 'a', onclick: f}, 'text', node) → element. A property that is null or false is left out. */
export function h<K extends keyof HTMLElementTagNameMap>(tag: K, props: Props = {}, ...children: Child[]): HTMLElementTagNameMap[K] {
  const node = document.createElement(tag);
  for (const name of Object.keys(props)) {
    const value = props[name];
    if (value === null || value === undefined || value === false) continue;
    if (typeof value === 'function') node.addEventListener(name.slice(2), value);
    else if (name === 'value') (node as HTMLInputElement).value = String(value);
    else node.setAttribute(name, value === true ? '' : String(value));
  }
  add(node, children);
  return node;
}

function add(node: Node, children: Child[]): void {
  for (const child of children) {
    if (Array.isArray(child)) add(node, child);
    else if (child instanceof Node) node.appendChild(child);
    else if (child !== null && child !== undefined && child !== false) node.appendChild(document.createTextNode(String(child)));
  }
}

/** What stood in `node` is gone. `replaceChildren` would be too new for the oldest web views. */
export function fill(node: Node, ...children: Child[]): void {
  while (node.lastChild) node.removeChild(node.lastChild);
  add(node, children);
}

const main = document.getElementById('main') as HTMLElement;

/** The whole page anew. The heading takes the focus when the page became another one, so that a screen reader begins there. */
export function show(...children: Child[]): void {
  fill(main, children);
}

export function focusHeading(): void {
  const heading = main.querySelector('h1');
  if (!heading) return;
  heading.setAttribute('tabindex', '-1');
  heading.focus();
}

let hiding = 0;

/** What was said before stands in nobody's way. */
export function hush(): void {
  document.getElementById('toast')?.classList.remove('on');
}

/** A sentence at the foot of the page, with one thing that can still be done about it. */
export function toast(words: string, action?: { label: string; act: () => void }, seconds = 5): void {
  const box = document.getElementById('toast') as HTMLElement;
  window.clearTimeout(hiding);
  fill(box, h('span', {}, words));
  if (action) {
    box.appendChild(h('button', { type: 'button', onclick: () => { box.classList.remove('on'); action.act(); } }, action.label));
  }
  box.classList.add('on');
  hiding = window.setTimeout(() => box.classList.remove('on'), seconds * 1000);
}
