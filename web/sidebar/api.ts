// Our own API: one token in memory, one answer or one sentence that says why not.
import { draftsOf } from './drafts';
import type { Session } from './types';

const PATIENCE = 40000; // ms for an answer: a model outside is given up on after thirty, and then there is our own work

export class Refused extends Error {
  constructor(readonly status: number, readonly code: string, message: string, readonly fields: Record<string, string> = {}) {
    super(message);
  }
}

let token = '';
let relogin: () => void = () => undefined;

/** Called when the login has run out; the page leaves for a new round. */
export function onExpired(act: () => void): void { relogin = act; }

export async function signIn(code: string): Promise<void> {
  const session = await request<Session>('POST', '/session', { code, via: 'sidebar' });
  token = session.token;
  draftsOf(session.person.userid);
}

export const get = <T>(path: string): Promise<T> => request<T>('GET', path);

/** A write that is sent twice (a lost answer, a second tap) happens once: `key` is made when the person decides. */
export const post = <T>(path: string, body?: unknown, key = newKey()): Promise<T> => request<T>('POST', path, body, key);

export const remove = (path: string, key = newKey()): Promise<unknown> => request('DELETE', path, undefined, key);

export function newKey(): string {
  const bytes = new Uint8Array(16);
  crypto.getRandomValues(bytes);
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
}

async function request<T>(method: string, path: string, body?: unknown, key?: string): Promise<T> {
  const headers: Record<string, string> = {};
  if (token) headers.Authorization = `Bearer ${token}`;
  if (body !== undefined) headers['Content-Type'] = 'application/json';
  if (key) headers['Idempotency-Key'] = key;
  const abort = new AbortController();
  const timer = window.setTimeout(() => abort.abort(), PATIENCE);
  try {
    const response = await fetch(`/api/v1${path}`, { method, headers, body: body === undefined ? undefined : JSON.stringify(body), signal: abort.signal });
    const answer = response.status === 204 ? {} : await response.json();
    if (response.ok) return answer as T;
    if (response.status === 401 && token) { token = ''; relogin(); }
    throw new Refused(response.status, answer.code, answer.message, answer.fields);
  } catch (error) {
    if (error instanceof Refused) throw error;
    throw new Refused(0, 'offline', '网络不通，没有连上。请检查网络后重试');
  } finally {
    window.clearTimeout(timer);
  }
}
