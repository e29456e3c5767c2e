// What the client lays over a page: a word in passing, a question, a list to choose from.
import { answered, Fail, type Options } from './call';

const SHORT = 1500; // ms a toast stays
const AFTER_TAP = 100; // ms until its click has come

export class Dialogs {
  private readonly over = document.getElementById('over')!;

  readonly functions = {
    showToast: (o: Options & { title: string; duration?: number }) => answered('showToast', o, () => { this.toast(o.title, o.duration); return {}; }),
    hideToast: (o: Options = {}) => answered('hideToast', o, () => { this.over.querySelector('.toast')?.remove(); return {}; }),
    showModal: (o: Options & Asked) => answered('showModal', o, () => this.ask(o)),
    showActionSheet: (o: Options & { itemList: string[] }) => answered('showActionSheet', o, async () => {
      const tapIndex = await this.choose(o.itemList);
      if (tapIndex < 0) throw new Fail('cancel');
      return { tapIndex };
    }),
  };

  toast(words: string, stays = SHORT): void {
    this.over.querySelector('.toast')?.remove();
    const line = element('div', 'toast', words);
    line.setAttribute('role', 'status');
    this.over.append(line);
    setTimeout(() => line.remove(), stays);
  }

  /** Which of the words was tapped, -1 for none. */
  choose(words: readonly string[]): Promise<number> {
    return new Promise((done) => {
      const sheet = element('div', 'sheet');
      const veil = this.veil(sheet, 'veil low', () => done(-1));
      const button = (text: string, place: number, name = '') => {
        const one = element('button', name, text);
        one.addEventListener('click', () => { veil.remove(); done(place); });
        sheet.append(one);
      };
      words.forEach((text, place) => button(text, place));
      button('取消', -1, 'last');
    });
  }

  picture(address: string): void {
    const shown = element('img', 'picture') as HTMLImageElement;
    shown.src = address;
    shown.alt = '照片';
    const veil = this.veil(shown, 'veil', () => URL.revokeObjectURL(address));
    shown.addEventListener('click', () => veil.click());
  }

  /** A value of the browser's own chooser, undefined where nothing was chosen. */
  value(kind: 'date' | 'time', value: string, range: { min?: string; max?: string }): Promise<string | undefined> {
    return new Promise((done) => {
      const input = Object.assign(document.createElement('input'), { type: kind, value });
      if (range.min) input.min = range.min;
      if (range.max) input.max = range.max;
      input.setAttribute('aria-label', kind === 'date' ? '日期' : '时间');
      const box = element('div', 'modal');
      const veil = this.veil(box, 'veil', () => done(undefined));
      box.append(input, this.ends(veil, ['取消', () => done(undefined)], ['确定', () => done(input.value || undefined)]));
    });
  }

  private ask(o: Asked): Promise<object> {
    return new Promise((done) => {
      const box = element('div', 'modal');
      box.setAttribute('role', 'alertdialog');
      box.setAttribute('aria-label', o.title || o.content || '');
      if (o.title) box.append(element('h2', '', o.title));
      const field = o.editable ? (element('textarea', '') as HTMLTextAreaElement) : null;
      if (field) {
        field.value = o.content ?? '';
        field.placeholder = o.placeholderText ?? '';
        field.setAttribute('aria-label', o.placeholderText ?? o.title ?? '');
        box.append(field);
      } else if (o.content) box.append(element('p', '', o.content));
      const veil = this.veil(box, 'veil');
      const answer = (confirm: boolean) => () => done({ confirm, cancel: !confirm, content: field?.value });
      const go: End = [o.confirmText ?? '确定', answer(true)];
      box.append(o.showCancel === false ? this.ends(veil, go) : this.ends(veil, [o.cancelText ?? '取消', answer(false)], go));
      (field ?? box.querySelector<HTMLElement>('.go'))?.focus();
    });
  }

  private ends(veil: HTMLElement, ...all: End[]): HTMLElement {
    const foot = element('footer', '');
    all.forEach(([words, act], place) => {
      const button = element('button', place === all.length - 1 ? 'go' : '', words);
      button.addEventListener('click', () => { veil.remove(); act(); });
      foot.append(button);
    });
    return foot;
  }

  private veil(inside: HTMLElement, name: string, close?: () => void): HTMLElement {
    const veil = element('div', name);
    veil.append(inside);
    notForThisTap(veil);
    if (close) veil.addEventListener('click', (event) => { if (event.target === veil) { veil.remove(); close(); } });
    this.over.append(veil);
    return veil;
  }
}

type End = [string, () => void];
interface Asked {
  title?: string;
  content?: string;
  confirmText?: string;
  cancelText?: string;
  showCancel?: boolean;
  editable?: boolean;
  placeholderText?: string;
}

/** The click that follows a tap is for what was tapped, not for what has come under the finger by it. */
export function notForThisTap(box: HTMLElement): void {
  box.style.pointerEvents = 'none';
  setTimeout(() => { box.style.pointerEvents = ''; }, AFTER_TAP);
}

export function element(tag: string, name: string, words = ''): HTMLElement {
  const made = document.createElement(tag);
  if (name) made.className = name;
  made.textContent = words;
  return made;
}
