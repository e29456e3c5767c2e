// What was read last time, so that a page has something to show before the network answers, and without one.
const PREFIX = 'read ';

export interface Kept<T> {
  at: number; // ms
  value: T;
  /** What the server calls this state of it; "" where it said nothing. */
  etag: string;
}

/** Full storage is no reason to fail: then there is nothing to show next time. */
export function keep<T>(path: string, what: Kept<T>): void {
  try {
    wx.setStorageSync(PREFIX + path, what);
  } catch {
    wx.removeStorageSync(PREFIX + path);
  }
}

export function kept<T>(path: string): Kept<T> | undefined {
  const found: Kept<T> | '' = wx.getStorageSync(PREFIX + path);
  return found === '' ? undefined : found;
}

/** Everything read before, of whomever. Drafts and the queue have other names and stay. */
export function forget(): void {
  for (const key of wx.getStorageInfoSync().keys) if (key.startsWith(PREFIX)) wx.removeStorageSync(key);
}
