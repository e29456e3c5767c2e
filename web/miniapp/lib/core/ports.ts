// What the core needs of a phone. The mini-program gives it WeChat's, tests give it a phone that can be killed at any step.

/** `wx.setStorageSync` and its kin: one value is 1 MB at most, all together 10 MB; `set` throws where there is no room. */
export interface Store {
  get(key: string): string | undefined;
  set(key: string, value: string): void;
  remove(key: string): void;
  keys(): string[];
}

/** The user's own files, which outlive the app; names are ours and without folders. */
export interface Files {
  /** Takes a temporary file, which the phone will clear away, for good. */
  save(temporary: string, name: string): Promise<void>;
  exists(name: string): Promise<boolean>;
  /** Silent where there is none. */
  remove(name: string): Promise<void>;
  names(): Promise<string[]>;
}

export type Method = 'GET' | 'POST' | 'PATCH' | 'PUT' | 'DELETE';

export interface Request {
  method: Method;
  url: string;
  headers: Record<string, string>;
  body?: unknown;
}

export interface Upload {
  url: string;
  headers: Record<string, string>;
  fields: Record<string, string>;
  /** Goes as `file`; one of `Files`. */
  file: string;
}

export interface Answer {
  status: number;
  /** Names in small letters. */
  headers: Record<string, string>;
  /** Parsed where it was JSON, else the text. */
  body: unknown;
}

/** Both reject where nobody answered in time; any answer of the server, a refusal too, resolves. */
export interface Http {
  request(asked: Request): Promise<Answer>;
  upload(asked: Upload): Promise<Answer>;
}

export interface Phone {
  store: Store;
  files: Files;
  http: Http;
  /** Milliseconds since 1970, by the phone's clock, which may be wrong. */
  now(): number;
  /** 0 ≤ n < 1. */
  random(): number;
  /** Calls `act` once after so many milliseconds, unless the answer is called before. */
  later(milliseconds: number, act: () => void): () => void;
}
