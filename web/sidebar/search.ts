// Looking a customer up by name, pinyin or initials; what was found is shown, or chosen by whoever asked.
import { get } from './api';
import { fill, h } from './dom';
import type { Found } from './types';

const PAUSE = 250; // ms without a key before it is asked

/** A search box with its list in `place`. `choose` makes each line a button; without it a line only tells. */
export function drawSearch(place: HTMLElement, label: string, choose?: (found: Found) => void): void {
  const list = h('ul', { class: 'found' });
  const told = h('p', { class: 'quiet', role: 'status' });
  let timer = 0;
  let asked = 0;
  const look = async (words: string) => {
    const turn = ++asked;
    if (!words) { fill(list); told.textContent = ''; return; }
    try {
      const answer = await get<{ customers: Found[]; total: number }>(`/customers?limit=8&query=${encodeURIComponent(words)}`);
      if (turn !== asked) return;
      told.textContent = answer.customers.length ? '' : `您能看到的客户里没有「${words}」`;
      fill(list, answer.customers.map((one) => line(one, choose)));
    } catch (error) {
      if (turn === asked) told.textContent = (error as Error).message;
    }
  };
  const box = h('input', {
    type: 'search', placeholder: '公司名、拼音或首字母', autocomplete: 'off', maxlength: 64, enterkeyhint: 'search',
    oninput: () => { window.clearTimeout(timer); timer = window.setTimeout(() => void look(box.value.trim()), PAUSE); },
  });
  fill(place, h('section', { class: 'card' }, h('label', { class: 'field' }, label, box), told, list));
}

function line(one: Found, choose?: (found: Found) => void): HTMLElement {
  const words = [h('b', {}, one.name), h('small', {}, [one.owner || '待分配', one.region].filter(Boolean).join(' · ')), !choose && h('small', {}, one.why)];
  return h('li', {}, choose ? h('button', { type: 'button', class: 'pick', onclick: () => choose(one) }, words) : h('div', { class: 'pick' }, words));
}
