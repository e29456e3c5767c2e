// A form that slides in over the page: at most three fields, one button, and the words of whoever refuses it.
import { newKey, Refused } from './api';
import { fill, h, hush, toast } from './dom';
import { draft, dropDraft, keepDraft, type Typed } from './drafts';

type Options = Record<string, string | number | boolean | undefined>;
type Box = HTMLInputElement | HTMLTextAreaElement;

export function field(name: string, label: string, options: Options = {}): HTMLElement {
  const { value = '', ...rest } = options;
  const box = rest.type === 'area' ? h('textarea', { name, rows: 3, ...rest, type: null }) : h('input', { name, type: 'text', ...rest });
  box.value = String(value);
  return h('label', { class: 'field' }, h('span', {}, label), box);
}

/** Asked before it is done: thrown by `send`, it stands in the form's place with a button for each answer. */
export class Question extends Error {
  constructor(words: string, readonly answers: Array<{ label: string; more: Typed }>) { super(words); }
}

/**
 * Opens it; the answer closes it. `send` gets what was typed and one key for however many tries of the same. With `about`
 * what is being typed outlives the sheet and the page, until it is sent: the sheet opens with it again.
 */
export function sheet(title: string, fields: HTMLElement[], label: string, send: (typed: Typed, key: string) => Promise<void>, about = ''): () => void {
  let [key, tried] = [newKey(), ''];
  const topic = about && `${title} ${about}`;
  const wrong = h('p', { class: 'wrong', role: 'alert' });
  const go = h('button', { type: 'submit', class: 'go' }, label);
  const ends = h('div', { class: 'answers' }, label ? go : null);
  const before = document.activeElement as HTMLElement | null;
  const close = () => { box.remove(); before?.focus?.(); };
  const leave = () => {
    if (topic && changed()) toast('还没有保存，写的内容留着，再打开就能接着写');
    close();
  };
  const read = (): Typed => {
    const typed: Typed = {};
    new FormData(form).forEach((value, name) => { typed[name] = String(value).trim(); });
    return typed;
  };
  const quiet = () => { wrong.className = 'wrong'; wrong.textContent = ''; };
  const attempt = (more: Typed) => {
    const typed = { ...read(), ...more };
    const now = JSON.stringify(typed);
    if (tried && tried !== now) key = newKey(); // other words are another request
    tried = now;
    quiet();
    fill(ends, go);
    go.disabled = true;
    send(typed, key).then(() => { dropDraft(topic); close(); }, (error: Error) => {
      go.disabled = false;
      const more = error instanceof Refused ? Object.values(error.fields ?? {}) : [];
      wrong.className = error instanceof Question ? 'asks' : 'wrong';
      wrong.textContent = [error.message, ...more.filter((one) => !error.message.includes(one))].join('；');
      if (error instanceof Question) {
        fill(ends, error.answers.map((one, place) =>
          h('button', { type: 'button', class: place ? 'plain' : 'go', onclick: () => attempt(one.more) }, one.label)));
        (ends.firstChild as HTMLElement).focus();
      }
    });
  };
  const form = h('form', {
    novalidate: true, // its own words, in Chinese and in place, instead of the browser's
    onsubmit: (event) => { event.preventDefault(); if (!lacking(form, wrong)) attempt({}); },
    oninput: (event) => {
      (event.target as Element).removeAttribute('aria-invalid');
      if (label) fill(ends, go);
      quiet();
      if (topic) changed() ? keepDraft(topic, read()) : dropDraft(topic);
    },
  }, h('div', { class: 'top' }, h('h2', { id: 'sheet-title' }, title), h('button', { type: 'button', class: 'close', 'aria-label': '关闭', onclick: leave }, '×')),
  fields, wrong, ends);
  const box = h('div', {
    class: 'sheet', role: 'dialog', 'aria-modal': 'true', 'aria-labelledby': 'sheet-title',
    onclick: (event) => { if (event.target === box) leave(); },
    onkeydown: (event) => {
      const pressed = event as KeyboardEvent;
      if (pressed.key === 'Escape') leave();
      if (pressed.key === 'Tab') trap(box, pressed);
    },
  }, form);
  const empty = JSON.stringify(read());
  const changed = () => JSON.stringify(read()) !== empty;
  for (const [name, value] of Object.entries((topic && draft(topic)) || {})) {
    const typed = form.elements.namedItem(name) as Box | null; // a draft may be older than the form
    if (typed) typed.value = value;
  }
  hush(); // it would lie over the button
  document.body.appendChild(box);
  (form.querySelector<HTMLElement>('input, textarea') ?? (label ? go : null))?.focus();
  return close;
}

/** Whether something that must be there is not; said, and the cursor is put there. */
function lacking(form: HTMLFormElement, wrong: HTMLElement): boolean {
  for (const box of Array.from(form.querySelectorAll<Box>('input, textarea'))) {
    const label = (box.parentElement?.firstElementChild?.textContent ?? '').replace(/（.*）/, '');
    const half = box.validity.badInput;
    if (!half && !(box.required && !box.value.trim())) continue;
    wrong.textContent = half ? `「${label}」没有填完整` : `请填写「${label}」`;
    box.setAttribute('aria-invalid', 'true');
    box.focus();
    return true;
  }
  return false;
}

/** Tab goes round inside. */
function trap(box: HTMLElement, event: KeyboardEvent): void {
  const stops = box.querySelectorAll<HTMLElement>('button:not(:disabled), input, textarea');
  const [first, last] = [stops[0], stops[stops.length - 1]];
  if (event.shiftKey && document.activeElement === first) { event.preventDefault(); last?.focus(); }
  else if (!event.shiftKey && document.activeElement === last) { event.preventDefault(); first?.focus(); }
}
