// A form that slides in over the page: at most three fields, one button, and the words of whoever refuses it.
import { newKey, Refused } from './api';
import { h } from './dom';

type Options = Record<string, string | number | boolean | undefined>;

export function field(name: string, label: string, options: Options = {}): HTMLElement {
  const { value = '', ...rest } = options;
  const box = rest.type === 'area' ? h('textarea', { name, rows: 3, ...rest, type: null }) : h('input', { name, type: 'text', ...rest });
  box.value = String(value);
  return h('label', { class: 'field' }, label, box);
}

/** Opens it; the answer closes it. `send` gets what was typed and one key for however many tries. */
export function sheet(title: string, fields: HTMLElement[], label: string, send: (typed: Record<string, string>, key: string) => Promise<void>): () => void {
  const key = newKey();
  const wrong = h('p', { class: 'wrong', role: 'alert' });
  const go = h('button', { type: 'submit', class: 'go' }, label);
  const before = document.activeElement as HTMLElement | null;
  const close = () => { box.remove(); before?.focus?.(); };
  const form = h('form', {
    onsubmit: (event) => {
      event.preventDefault();
      const typed: Record<string, string> = {};
      new FormData(form).forEach((value, name) => { typed[name] = String(value).trim(); });
      go.disabled = true;
      wrong.textContent = '';
      send(typed, key).then(close, (error: Error) => {
        go.disabled = false;
        const more = error instanceof Refused ? Object.values(error.fields ?? {}) : [];
        wrong.textContent = [error.message, ...more.filter((one) => !error.message.includes(one))].join('；');
      });
    },
  }, h('div', { class: 'top' }, h('h2', { id: 'sheet-title' }, title), h('button', { type: 'button', class: 'close', 'aria-label': '关闭', onclick: () => close() }, '×')),
  fields, wrong, label ? go : null);
  const box = h('div', {
    class: 'sheet', role: 'dialog', 'aria-modal': 'true', 'aria-labelledby': 'sheet-title',
    onclick: (event) => { if (event.target === box) close(); },
    onkeydown: (event) => {
      const pressed = event as KeyboardEvent;
      if (pressed.key === 'Escape') close();
      if (pressed.key === 'Tab') trap(box, pressed);
    },
  }, form);
  document.body.appendChild(box);
  (form.querySelector('input, textarea') as HTMLElement | null)?.focus();
  return close;
}

/** Tab goes round inside. */
function trap(box: HTMLElement, event: KeyboardEvent): void {
  const stops = box.querySelectorAll<HTMLElement>('button:not(:disabled), input, textarea');
  const [first, last] = [stops[0], stops[stops.length - 1]];
  if (event.shiftKey && document.activeElement === first) { event.preventDefault(); last?.focus(); }
  else if (!event.shiftKey && document.activeElement === last) { event.preventDefault(); first?.focus(); }
}
