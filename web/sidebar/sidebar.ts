// The page beside a chat: who signs in, which chat, and then one answer that says everything.
import { onExpired, Refused } from './api';
import { cancelled, currentChat, inClient, NoChat } from './client';
import { focusHeading, h, show } from './dom';
import { ForeignState, leave, login } from './login';
import { drawSearch } from './search';
import { open } from './view';

const SENTENCES: Record<string, [string, string]> = {
  outside: ['请在企业微信里打开', '这个页面放在企业微信的聊天工具栏里，打开和客户的聊天就能看到。'],
  entry: ['这里不是和客户的聊天', '请从和客户的单聊或客户群的工具栏打开，就能看到这位客户。'],
  permission: ['企业微信没有让这个页面看聊天对象', '您可能不在「客户联系」的使用范围里，请联系管理员开通。'],
  foreign: ['这个登录链接不是您刚才打开的', '为了安全没有登录。请关掉页面，从聊天工具栏重新打开。'],
  login: ['登录没有成功', ''],
  offline: ['连不上网络', '请检查网络后重试，填的内容没有丢。'],
  nobody: ['没有找到这位联系人', '他可能不是您的好友，或者刚刚加上还没有同步。'],
  broken: ['暂时打不开', ''],
};

/** A page that says what is the matter, with a way on: once more, or look a customer up. */
function problem(which: string, detail = '', search = true): void {
  const [title, hint] = SENTENCES[which] ?? ['', ''];
  show(
    h('section', { class: 'problem', role: 'alert' },
      h('h1', {}, title), h('p', {}, detail || hint),
      (inClient || which !== 'outside') && h('button', { type: 'button', class: 'plain', onclick: () => location.reload() }, '重试')),
    search && h('div', { id: 'search' }));
  const place = document.getElementById('search');
  if (place) drawSearch(place, '先搜索客户');
  focusHeading();
}

function skeleton(): void {
  const bar = (width: string) => h('span', { class: `bone ${width}` });
  show(h('section', { class: 'card loading', 'aria-busy': 'true' }, h('p', { class: 'away', role: 'status' }, '正在打开客户资料…'),
    bar('w6'), bar('w4'), bar('w9'), bar('w9'), bar('w6')));
}

onExpired(() => leave(0));

// The SDK also rejects promises of its own that nobody is given; what they say has been told.
window.addEventListener('unhandledrejection', (event) => { if ((event.reason as { errMsg?: string } | null)?.errMsg) event.preventDefault(); });

async function start(): Promise<void> {
  skeleton();
  try {
    if (!(await login())) return;
  } catch (error) {
    if (error instanceof ForeignState) problem('foreign', '', false);
    else problem(error instanceof Refused && error.code === 'offline' ? 'offline' : 'login', (error as Error).message, false);
    return;
  }
  try {
    const chat = await currentChat();
    await open(chat);
    performance.mark('card');
  } catch (error) {
    if (cancelled(error)) return;
    if (error instanceof NoChat) problem(error.why);
    else if (error instanceof Refused) problem(error.status === 404 ? 'nobody' : error.code === 'offline' ? 'offline' : 'broken', error.status === 404 ? '' : error.message);
    else problem('broken', (error as Error).message);
  }
}

void start();
