// The client's own components over elements of the browser: what a page sets on them, and the events it hears.
import type { CodeSpace } from 'glass-easel-miniprogram-adapter';
import type { Dialogs } from './dialogs';
import type { Files } from './files';
import { BUILT_IN } from './tags.mjs';

type Value = any; // what a template hands over: the pages' types end at the template
type Setter = (name: string, value: Value) => void;
type Emit = (name: string, detail: object) => void;
/** Given the built-in's own element: what to do when the page sets a property. */
type Maker = (host: HTMLElement, emit: Emit) => Setter;

const DEFAULT_LENGTH = 140; // of an input or a textarea, as in the client: a page that wants more says so, -1 for no end

/** The built-ins that are components, by the tag a template uses. */
export function builtIns(space: CodeSpace, templates: Record<string, unknown>, files: Files, dialogs: Dialogs): [string, Value][] {
  const makers: Record<string, Maker> = {
    button, switch: toggle, input: (host, emit) => field(host.querySelector('input')!, emit),
    textarea: (host, emit) => field(host.querySelector('textarea')!, emit),
    image: (host, emit) => image(host, emit, files), picker: (host, emit) => picker(host, emit, dialogs),
  };
  return Object.entries(makers).map(([tag, make]) => {
    const { properties = [] } = BUILT_IN[tag]!;
    const component = space.getComponentSpace().defineComponent({
      is: `wx-${tag}`,
      template: { groupList: templates, content: templates[tag] },
      properties: Object.fromEntries(properties.map((one) => [one, { type: null, value: undefined }])),
      observers: Object.fromEntries(properties.map((one) => [one, function (this: Value, value: Value) { this.set?.(one, value); }])),
      lifetimes: {
        attached(this: Value) {
          // The page hears the built-in's own events, never the browser's of the same name.
          for (const one of ['input', 'change']) (this.$$ as HTMLElement).querySelector('.wx-inner')?.addEventListener(one, (event) => event.stopPropagation());
          this.set = make(this.$$ as HTMLElement, (name, detail) => this.triggerEvent(name, detail));
          for (const one of properties) if (this.data[one] !== undefined) this.set(one, this.data[one]);
        },
      },
    } as Value);
    return [`wx-${tag}`, component.general()];
  });
}

const button: Maker = (host) => {
  host.setAttribute('role', 'button');
  host.tabIndex = 0;
  return (name, value) => {
    if (name === 'disabled') {
      host.setAttribute('aria-disabled', String(Boolean(value)));
      host.tabIndex = value ? -1 : 0;
    } else if (name === 'ariaLabel') label(host, value);
  };
};

const toggle: Maker = (host, emit) => {
  const inner = host.querySelector('input')!;
  inner.addEventListener('change', () => emit('change', { value: inner.checked }));
  return (name, value) => {
    if (name === 'ariaLabel') label(inner, value);
    else if (name === 'checked') inner.checked = Boolean(value);
    else inner.disabled = Boolean(value);
  };
};

function field(inner: HTMLInputElement | HTMLTextAreaElement, emit: Emit): Setter {
  const grow = () => {
    if (inner.dataset.grows !== 'true') return;
    inner.style.height = 'auto';
    inner.style.height = `${inner.scrollHeight}px`;
  };
  inner.addEventListener('input', () => { grow(); emit('input', { value: inner.value }); });
  inner.addEventListener('focus', () => emit('focus', { value: inner.value }));
  inner.addEventListener('blur', () => emit('blur', { value: inner.value }));
  inner.addEventListener('keydown', (event) => {
    if ((event as KeyboardEvent).key === 'Enter' && inner instanceof HTMLInputElement) emit('confirm', { value: inner.value });
  });
  return (name, value) => {
    if (name === 'value') {
      if (inner.value !== String(value ?? '')) inner.value = String(value ?? '');
      grow();
    } else if (name === 'placeholder') inner.placeholder = value ?? '';
    else if (name === 'disabled') inner.disabled = Boolean(value);
    else if (name === 'ariaLabel') label(inner, value);
    else if (name === 'maxlength') {
      const most = Number(value ?? DEFAULT_LENGTH); // what a page does not set comes as null
      if (most < 0) inner.removeAttribute('maxlength');
      else inner.maxLength = most;
    } else if (name === 'focus') { if (value) setTimeout(() => inner.focus()); }
    else if (name === 'autoHeight') { inner.dataset.grows = String(Boolean(value)); grow(); }
    else if (name === 'type') inner.inputMode = ({ number: 'numeric', digit: 'decimal', idcard: 'text' } as Record<string, string>)[value] ?? 'text';
    else if (name === 'confirmType') inner.enterKeyHint = value ?? '';
  };
}

function image(host: HTMLElement, emit: Emit, files: Files): Setter {
  const inner = host.querySelector('img')!;
  inner.addEventListener('load', () => emit('load', { width: inner.naturalWidth, height: inner.naturalHeight }));
  inner.addEventListener('error', () => emit('error', { errMsg: 'image cannot be shown' }));
  let shown = '';
  return (name, value) => {
    if (name === 'src') {
      URL.revokeObjectURL(shown);
      shown = '';
      if (!/^(wxfile:|http:\/\/tmp\/)/.test(value ?? '')) inner.src = value ?? '';
      else files.content(value).then((content) => { inner.src = shown = URL.createObjectURL(content); }, () => emit('error', { errMsg: `no such file ${value}` }));
    } else if (name === 'ariaLabel') inner.alt = value ?? '';
    else {
      inner.style.objectFit = ({ aspectFill: 'cover', aspectFit: 'contain' } as Record<string, string>)[value] ?? 'fill';
      if (value === 'widthFix') host.style.height = inner.style.height = 'auto';
    }
  };
}

function picker(host: HTMLElement, emit: Emit, dialogs: Dialogs): Setter {
  const set: Record<string, Value> = { mode: 'selector', range: [], value: '' };
  host.setAttribute('role', 'button');
  host.tabIndex = 0;
  host.addEventListener('click', async () => {
    if (set.disabled) return;
    let chosen: string | number | undefined;
    if (set.mode === 'selector') {
      const place = await dialogs.choose(set.range.map((one: Value) => String(set.rangeKey ? one[set.rangeKey] : one)));
      chosen = place < 0 ? undefined : place;
    } else chosen = await dialogs.value(set.mode, set.value, { min: set.start, max: set.end });
    if (chosen === undefined) emit('cancel', {});
    else emit('change', { value: chosen });
  });
  return (name, value) => {
    if (name === 'ariaLabel') label(host, value);
    else set[name] = value;
  };
}

function label(element: HTMLElement, words: Value): void {
  if (words) element.setAttribute('aria-label', words);
  else element.removeAttribute('aria-label');
}
