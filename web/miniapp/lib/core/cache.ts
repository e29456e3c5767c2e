// What was read last, for a page to show before the network answers and without one. Of one person; bounded; first to go when the
// phone's storage is full.
import type { Api } from './api';
import type { Phone } from './ports';
import { whole } from './records';

const PREFIX = 'read/';
const MOST = 120; // answers kept for a person: today, his lists, and the files he opened last, each of which is a handful
const LONGEST = 200_000; // characters of one, below WeChat's 1 MB in any script; what is longer is read from the network alone

export interface Kept<T> {
  at: number; // ms, when the server last said that it is so
  value: T;
  etag: string;
}

export class Cache {
  private readonly prefix: string;

  constructor(private readonly phone: Phone, private readonly owner: string) { this.prefix = `${PREFIX}${encodeURIComponent(owner)}/`; }

  get<T>(path: string): Kept<T> | undefined {
    const key = this.keyOf(path);
    return key === undefined ? undefined : whole<Kept<T>>(this.phone.store.get(key));
  }

  /** What is true now: asks with what is kept, whose very value comes back while it is still so, and keeps the answer. Throws as `Api.call`. */
  async read<T>(api: Pick<Api, 'call'>, path: string, last = this.get<T>(path)): Promise<Kept<T>> {
    const { status, headers, body } = await api.call({ method: 'GET', path, etag: last?.etag, as: this.owner });
    const now = { at: this.phone.now(), value: last && status === 304 ? last.value : body as T, etag: headers.etag ?? last?.etag ?? '' };
    this.keep(path, now);
    return now;
  }

  clear(): void { for (const key of this.keys()) this.phone.store.remove(key); }

  /** Full storage is no reason to fail: then there is nothing to show next time. */
  private keep(path: string, what: Kept<unknown>): void {
    const { store } = this.phone;
    const old = this.keyOf(path);
    if (old !== undefined) store.remove(old);
    const text = JSON.stringify(what);
    if (text.length > LONGEST) return;
    const oldest = this.keys().sort((a, b) => orderOf(a) - orderOf(b));
    for (const key of oldest.slice(0, Math.max(0, oldest.length - MOST + 1))) store.remove(key);
    try {
      store.set(`${this.prefix}${path} ${orderOf(oldest[oldest.length - 1] ?? ' 0') + 1}`, text);
    } catch {
      this.clear();
    }
  }

  private keys(): string[] { return this.phone.store.keys().filter((key) => key.startsWith(this.prefix)); }

  private keyOf(path: string): string | undefined { return this.keys().find((key) => key.slice(this.prefix.length, key.lastIndexOf(' ')) === path); }
}

/** Of whomever: makes room for what exists nowhere else. */
export function clearAll(phone: Phone): void {
  for (const key of phone.store.keys()) if (key.startsWith(PREFIX)) phone.store.remove(key);
}

const orderOf = (key: string): number => Number(key.slice(key.lastIndexOf(' ') + 1));
