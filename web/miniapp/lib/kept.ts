// What was read last time, so that a page has something to show before the network answers, and without one.
const PREFIX = 'read ';

interface Kept<T> {
  at: number; // ms
  value: T;
}

/** Full storage is no reason to fail: then there is nothing to show next time. */
export function keep(name: string, value: unknown): void {
  try {
    wx.setStorageSync(PREFIX + name, { at: Date.now(), value });
  } catch {
    wx.removeStorageSync(PREFIX + name);
  }
}

export const kept = <T>(name: string): T | undefined => whenKept<T>(name)?.value;

export function whenKept<T>(name: string): Kept<T> | undefined {
  const found: Kept<T> | '' = wx.getStorageSync(PREFIX + name);
  return found === '' ? undefined : found;
}

/** Everything read before, of whomever. Drafts and the queue have other names and stay. */
export function forget(): void {
  for (const key of wx.getStorageInfoSync().keys) if (key.startsWith(PREFIX)) wx.removeStorageSync(key);
}
