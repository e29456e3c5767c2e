// Who holds the phone. WeCom says it at every start; the token stays in memory, so that a closed app has left nothing behind.
import { Refused, send, type Method } from './http';
import { forget, keep, kept } from './kept';

export interface Person {
  userid: string;
  name: string;
  role: string;
  role_label: string;
}

const OUTSIDE = '请在企业微信里打开这个小程序，才知道您是谁';
const NO_CODE = '企业微信没有给出登录凭证。请检查网络后再试';
const LOGIN = '/pages/login/login';

/** Signing in was refused, and why; asking again by itself would not help. */
export class NotLetIn extends Error {}

let token = '';
let signing: Promise<Person> | null = null;
let left = false;

/** The person of the last time, until WeCom has said who it is this time; nobody on a new phone. */
export const lastPerson = (): Person | undefined => kept<Person>('person');

/** At the start of the app: signs in by itself. */
export function begin(): void {
  signedIn().catch(() => undefined); // whoever asks for something is told
}

/** Signed in, once however many ask at a time. Shows the login page where that cannot be. */
export function signedIn(): Promise<Person> {
  if (!signing) {
    signing = signIn().catch((error) => {
      signing = null;
      throw refusal(error);
    });
    signing.catch((error) => { if (error instanceof NotLetIn) wx.reLaunch({ url: `${LOGIN}?why=${encodeURIComponent(error.message)}` }); });
  }
  return signing;
}

/** By the person's own wish, or after he signed out. */
export function signInAgain(): Promise<Person> {
  left = false;
  return signedIn();
}

/** Leaves nothing readable on the phone but what has still to be sent. */
export async function signOut(): Promise<void> {
  await call('DELETE', '/session').catch(() => undefined);
  token = '';
  signing = null;
  left = true;
  forget();
  wx.reLaunch({ url: `${LOGIN}?left=1` });
}

/** A call to our API as this person. A token that has run out is renewed once, silently. */
export async function call<T>(method: Method, path: string, body?: object, key?: string): Promise<T> {
  await signedIn();
  try {
    return await send<T>(method, path, token, body, key);
  } catch (error) {
    if (!(error instanceof Refused) || error.status !== 401) throw error;
    signing = null;
    await signedIn();
    return send<T>(method, path, token, body, key);
  }
}

async function signIn(): Promise<Person> {
  if (left) throw new NotLetIn('');
  const made = await send<{ token: string; person: Person }>('POST', '/session', '', { code: await code(), via: 'miniapp' });
  token = made.token;
  if (lastPerson()?.userid !== made.person.userid) forget();
  keep('person', made.person);
  return made.person;
}

function code(): Promise<string> {
  const { qy } = wx;
  if (!qy) return Promise.reject(new NotLetIn(OUTSIDE));
  return new Promise((done, failed) => {
    qy.login({ success: (found) => done(found.code), fail: () => failed(new Error(NO_CODE)) });
  });
}

function refusal(error: Error): Error {
  return error instanceof Refused && error.status < 500 && error.status !== 429 ? new NotLetIn(error.message) : error;
}
