// One question to our API and its answer, or the sentence that says why there is none.
import { SERVER } from './server';

const PATIENCE = 30000; // ms
const UNREACHED = '网络不通，没有连上系统。请检查网络后再试';

/** The product said no; the message is for the person who holds the phone. */
export class Refused extends Error {
  constructor(readonly status: number, readonly code: string, message: string, readonly fields: Record<string, string> = {}) {
    super(message);
  }
}

/** Nobody answered. */
export class Unreached extends Error {
  constructor() { super(UNREACHED); }
}

export type Method = 'GET' | 'POST' | 'PATCH' | 'PUT' | 'DELETE';

/** `key` makes a write that is sent twice happen once; `path` begins with a slash, below /api/v1. */
export function send<T>(method: Method, path: string, token: string, body?: object, key?: string): Promise<T> {
  const header: Record<string, string> = {};
  if (token) header.Authorization = `Bearer ${token}`;
  if (key) header['Idempotency-Key'] = key;
  return new Promise((done, failed) => {
    wx.request({
      url: `${SERVER}/api/v1${path}`,
      method: method as 'POST',
      data: body,
      header,
      timeout: PATIENCE,
      success: ({ statusCode, data }) => {
        if (statusCode < 400) { done(data as T); return; }
        const said = (typeof data === 'object' ? data : {}) as { code?: string; message?: string; fields?: Record<string, string> };
        failed(new Refused(statusCode, said.code ?? 'error', said.message ?? '系统没有按约定回答。请稍后再试', said.fields));
      },
      fail: () => failed(new Unreached()),
    });
  });
}
