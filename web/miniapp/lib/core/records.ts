// Records that survive the app being killed at any line, also in the middle of a write.
import type { Store } from './ports';

/**
 * Named JSON values of one owner. A change is written beside what was there, and the old one goes when the new one stands: whoever
 * reads takes the newest that is whole. Nothing is held in memory, so a second instance of the app sees the same.
 */
export class Records<T extends object> {
  private readonly prefix: string;

  /** `makeRoom` gives up what can be read again, where the phone's storage is full. */
  constructor(private readonly store: Store, kind: string, owner: string, private readonly makeRoom: () => void) {
    this.prefix = `${kind}/${encodeURIComponent(owner)}/`;
  }

  get(id: string): T | undefined {
    return this.newest(this.versions(id));
  }

  all(): T[] {
    const found = new Map<string, string[]>();
    for (const key of this.keys()) found.set(this.idOf(key), [...found.get(this.idOf(key)) ?? [], key]);
    return [...found.values()].map((keys) => this.newest(keys)).filter((one): one is T => one !== undefined);
  }

  /** Returns when it is written; throws, with what was there unharmed, where the phone has no room. */
  put(id: string, value: T): void {
    const before = this.versions(id);
    const version = Math.max(0, ...before.map((key) => this.versionOf(key))) + 1;
    const key = `${this.prefix}${id}/${version}`;
    const text = JSON.stringify(value);
    try {
      this.store.set(key, text);
    } catch {
      this.makeRoom();
      this.store.set(key, text);
    }
    for (const old of before) this.store.remove(old);
  }

  /** Oldest first: what a kill leaves is the newest. */
  remove(id: string): void {
    for (const key of this.versions(id)) this.store.remove(key);
  }

  /** Oldest first. */
  private versions(id: string): string[] { return this.inOrder(this.keys().filter((key) => this.idOf(key) === id)); }

  private newest(keys: string[]): T | undefined {
    for (const key of this.inOrder(keys).reverse()) {
      const value = whole<T>(this.store.get(key));
      if (value) return value;
    }
    return undefined;
  }

  private inOrder(keys: string[]): string[] { return keys.sort((a, b) => this.versionOf(a) - this.versionOf(b)); }

  private keys(): string[] { return this.store.keys().filter((key) => key.startsWith(this.prefix)); }

  private idOf(key: string): string { return key.slice(this.prefix.length, key.lastIndexOf('/')); }

  private versionOf(key: string): number { return Number(key.slice(key.lastIndexOf('/') + 1)); }
}

/** The object a text says, or nothing where the text was cut off. */
export function whole<T extends object>(text: string | undefined): T | undefined {
  try {
    const value: unknown = JSON.parse(text ?? '');
    return typeof value === 'object' && value !== null ? value as T : undefined;
  } catch {
    return undefined;
  }
}
