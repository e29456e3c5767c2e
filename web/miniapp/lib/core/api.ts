// Our API as a person: who holds the phone, the token in memory alone, one answer or one reason why there is none.
import type { Answer, Http, Method } from './ports';

export interface Person {
  userid: string;
  name: string;
  role: string;
  role_label: string;
}

/** A question below /api/v1. `key` makes a write that is sent twice happen once. */
export interface Ask {
  method: Method;
  path: string;
  body?: unknown;
  key?: string;
  /** What is held already: where it is still so the answer is 304 without a body. */
  etag?: string;
  /** Goes as a form with this file of the user's and `body` as its fields. */
  file?: string;
  /** Only as this person; else OtherPerson. */
  as?: string;
}

/** The product said no; the message is its own, for the person who holds the phone. */
export class Refused extends Error {
  constructor(
    readonly status: number, readonly code: string, message: string, readonly fields: Record<string, string> = {},
    /** Milliseconds the server asks us to wait; 0 where it did not say. */
    readonly wait = 0,
  ) { super(message); }
}

/** Nobody answered, or somebody between us and the product did. */
export class Unreached extends Error {
  constructor() { super('网络不通，没有连上系统。请检查网络后再试'); }
}

/** Signing in was refused, and why; asking again by itself would not help. */
export class NotLetIn extends Error {}

/** Somebody else holds the phone now. */
export class OtherPerson extends Error {
  constructor() { super('现在登录的是另一个人'); }
}

const UNCLEAR = '系统没有按约定回答。请稍后再试';
const LEFT = '已退出登录';

export class Api {
  /** Who signed in last in this run of the app; nobody before the first time. */
  person: Person | null = null;
  private token = '';
  private signing: Promise<Person> | null = null;
  private left = false;

  /** `base` is https://host; `code` asks WeCom who holds the phone, and throws a NotLetIn where it cannot know. */
  constructor(private readonly http: Http, private readonly base: () => string, private readonly code: () => Promise<string>) {}

  /** Signed in, once however many ask at a time. */
  signedIn(): Promise<Person> {
    if (!this.signing) {
      const signing = this.signIn().catch((error) => {
        if (this.signing === signing) this.signing = null;
        throw notLetIn(error);
      });
      this.signing = signing;
    }
    return this.signing;
  }

  /** By the person's own wish, or after signing out. */
  signInAgain(): Promise<Person> {
    this.left = false;
    return this.signedIn();
  }

  /** From now on nothing is asked in anybody's name, whether or not the server hears of it. */
  async signOut(): Promise<void> {
    const { token } = this;
    Object.assign(this, { token: '', person: null, signing: null, left: true });
    if (token) await this.send({ method: 'DELETE', path: '/session' }, token).catch(() => undefined);
  }

  /** The answer, 2xx or 304. A token that has run out is renewed once, silently. Throws the four of above, nothing else. */
  async call(ask: Ask): Promise<Answer> {
    let token = await this.tokenOf(ask.as);
    for (let again = false; ; again = true) {
      try {
        return await this.send(ask, token);
      } catch (error) {
        if (again || !(error instanceof Refused) || error.status !== 401) throw error;
        if (this.token === token) this.signing = null; // else another call has renewed it meanwhile
        token = await this.tokenOf(ask.as);
      }
    }
  }

  async get<T>(path: string): Promise<T> { return (await this.call({ method: 'GET', path })).body as T; }

  async write<T>(method: Method, path: string, key: string, body?: unknown): Promise<T> {
    return (await this.call({ method, path, key, body })).body as T;
  }

  /** What a download shows of itself, which goes past this class: a picture is a file and no answer. */
  async authorization(): Promise<string> {
    await this.signedIn();
    return `Bearer ${this.token}`;
  }

  private async tokenOf(as: string | undefined): Promise<string> {
    const person = await this.signedIn();
    if (as !== undefined && person.userid !== as) throw new OtherPerson();
    return this.token;
  }

  private async signIn(): Promise<Person> {
    if (this.left) throw new NotLetIn(LEFT);
    const code = await this.code();
    const answer = await this.send({ method: 'POST', path: '/session', body: { code, via: 'miniapp' } }, '');
    if (this.left) throw new NotLetIn(LEFT);
    const made = answer.body as { token: string; person: Person };
    this.token = made.token;
    this.person = made.person;
    return made.person;
  }

  private async send(ask: Ask, token: string): Promise<Answer> {
    const headers: Record<string, string> = {};
    if (token) headers.Authorization = `Bearer ${token}`;
    if (ask.key) headers['Idempotency-Key'] = ask.key;
    if (ask.etag) headers['If-None-Match'] = ask.etag;
    const url = `${this.base()}/api/v1${ask.path}`;
    const { http } = this;
    const asked = ask.file === undefined
      ? http.request({ method: ask.method, url, headers, body: ask.body })
      : http.upload({ url, headers, fields: ask.body as Record<string, string>, file: ask.file });
    const answer = await asked.catch(() => { throw new Unreached(); });
    if (answer.status === 304 || answer.status === 204) return answer;
    const said = typeof answer.body === 'object' && answer.body !== null ? answer.body as Partial<Refused> : null;
    if (answer.status >= 200 && answer.status < 300 && said) return answer;
    if (answer.status < 400) throw new Unreached(); // a page of whoever runs this network: it must not pass for a yes
    const wait = Number(answer.headers['retry-after'] ?? 0) * 1000;
    throw new Refused(answer.status, said?.code ?? 'error', said?.message ?? UNCLEAR, said?.fields, wait > 0 ? wait : 0);
  }
}

function notLetIn(error: Error): Error {
  return error instanceof Refused && error.status < 500 && error.status !== 429 ? new NotLetIn(error.message) : error;
}
