// Who holds the phone, and what is done in his name. WeCom says who it is at every start; the token stays in memory.
import { Api, NotLetIn, Unreached, type Ask, type Person } from './core/api';
import { Cache, clearAll } from './core/cache';
import { uuid } from './core/ids';
import type { Answer, Method } from './core/ports';
import type { NewJob } from './core/jobs';
import { Queue } from './core/queue';
import { standing } from './core/standing';
import { phone } from './ports';
import { SERVER } from './server';

const OUTSIDE = '请在企业微信里打开这个小程序，才知道您是谁';
const LOGIN = '/pages/login/login';
const PERSON = 'person';
const VISITS = 3; // place of its tab

const api = new Api(phone.http, () => SERVER, code);
let queue: Queue | null = null;
let cache: Cache | null = null;
let settled: Person | null = null; // whose coming has been written down

/** Who it was the last time, until WeCom has said who it is this time; nobody on a new phone. */
export function lastPerson(): Person | undefined {
  const text = phone.store.get(PERSON);
  return text === undefined ? undefined : JSON.parse(text);
}

/** The work of the person of this phone that waits for a network; null while nobody has ever signed in. */
export const work = (): Queue | null => queue;

/** What that person read last; null as above. */
export const readings = (): Cache | null => cache;

/** Names a write, so that a second sending of it is known as the same. */
export const newKey = (): string => uuid(phone.random);

/** At the start of the app: signs in by itself, and goes on with what a closed app left behind. */
export function begin(): void {
  const last = lastPerson();
  if (last) takeUp(last);
  signedIn().catch(() => undefined); // whoever asks for something is told
  wx.onNetworkStatusChange(({ isConnected }) => { if (isConnected) wake(); });
}

/** The app is shown, or the network is back: what another run of it left half done is ended, and what waits is tried at once. */
export function wake(): void {
  if (queue) goOn(queue);
}

const goOn = (one: Queue): void => void one.mend().then(() => one.flush(true));

/** Written down, on its way as soon as there is a network, and said so. */
export async function hand(job: NewJob): Promise<void> {
  work()?.add(job);
  await toldKept();
}

/** The words after something was handed in. */
export async function toldKept(): Promise<void> {
  const { networkType } = await wx.getNetworkType();
  wx.showToast({ title: networkType === 'none' ? '已存在手机上，有网自动上传' : '已记下，正在上传', icon: 'none', duration: 2500 });
}

/** On the tab of visits, how much waits; a page over the tabs has no bar to draw on. */
export function drawBadge(): void {
  const waiting = queue ? standing(queue).waiting : 0;
  const fail = (): void => undefined;
  if (waiting) wx.setTabBarBadge({ index: VISITS, text: `${waiting}`, fail });
  else wx.removeTabBarBadge({ index: VISITS, fail });
}

/** Signed in, once however many ask at a time. Shows the login page where that cannot be. */
export async function signedIn(): Promise<Person> {
  try {
    const person = await api.signedIn();
    if (settled !== person) settle(person);
    return person;
  } catch (error) {
    if (error instanceof NotLetIn) showLogin(error.message);
    throw error;
  }
}

/** By the person's own wish, or after he signed out. */
export async function signInAgain(): Promise<Person> {
  await api.signInAgain();
  return signedIn();
}

/** Leaves nothing readable on the phone but what has still to be sent. */
export async function signOut(): Promise<void> {
  queue?.stop();
  queue = cache = settled = null;
  drawBadge();
  await api.signOut();
  phone.store.remove(PERSON);
  clearAll(phone);
  wx.reLaunch({ url: `${LOGIN}?left=1` });
}

/** A question to our API as this person, who is signed in for it where he is not. */
export async function ask(what: Ask): Promise<Answer> {
  await signedIn();
  try {
    return await api.call(what);
  } catch (error) {
    if (error instanceof NotLetIn) showLogin(error.message);
    throw error;
  }
}

/** A write that cannot wait for a network; what can goes into the queue. The answer's body. */
export async function call<T>(method: Method, path: string, key: string, body?: object): Promise<T> {
  return (await ask({ method, path, key, body })).body as T;
}

/** A file of the server's in a temporary one of the phone's; throws the sentence that says why not. */
export async function download(path: string): Promise<string> {
  const Authorization = await api.authorization();
  return new Promise((done, failed) => {
    wx.downloadFile({
      url: `${SERVER}/api/v1${path}`,
      header: { Authorization },
      success: ({ statusCode, tempFilePath }) => (statusCode === 200 ? done(tempFilePath) : failed(new Error('没有打开这个文件，它可能已经移除。请刷新页面'))),
      fail: () => failed(new Unreached()),
    });
  });
}

/** A picture of ours as a file of the phone, good until the app is closed; `undefined` where it cannot be had now. */
export async function picture(path: string): Promise<string | undefined> {
  try {
    return await download(path);
  } catch {
    return undefined;
  }
}

function settle(person: Person): void {
  settled = person;
  if (lastPerson()?.userid !== person.userid) clearAll(phone);
  phone.store.set(PERSON, JSON.stringify(person));
  takeUp(person);
}

/** One queue and one cache a person: another one's work and reading is neither sent nor shown. */
function takeUp(person: Person): void {
  if (queue?.owner === person.userid) return;
  queue?.stop();
  queue = new Queue(phone, api, person.userid, () => clearAll(phone));
  cache = new Cache(phone, person.userid);
  queue.listen(drawBadge);
  goOn(queue);
}

function showLogin(why: string): void {
  const shown = getCurrentPages().some((page) => `/${page.route}` === LOGIN);
  if (!shown) wx.reLaunch({ url: `${LOGIN}?why=${encodeURIComponent(why)}` });
}

function code(): Promise<string> {
  const { qy } = wx;
  if (!qy) return Promise.reject(new NotLetIn(OUTSIDE));
  return new Promise((done, failed) => {
    qy.login({ success: (found) => done(found.code), fail: () => failed(new Unreached()) });
  });
}
