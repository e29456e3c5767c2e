// The customer's card: where he stands and why, what is under way, and what can be done from here.
import { post, remove } from './api';
import { h, toast } from './dom';
import { material, quote } from './sending';
import { field, sheet } from './sheet';
import { todoLine } from './todos';
import type { Customer, Deal, Digest, Entry, FollowUp, Quote } from './types';
import { relink, type Desk } from './view';
import { ago, later, moment, now, yuan } from './words';

const COLOURS: Record<string, string> = { green: '正常', yellow: '超期', red: '严重超期' };

export function drawCustomer(desk: Desk, one: Customer): Array<HTMLElement | false> {
  const open = one.deals.filter((deal) => deal.colour);
  return [
    h('header', { class: 'who' }, h('span', { class: 'face', 'aria-hidden': 'true' }, one.name.slice(0, 1)),
      h('div', {}, h('h1', {}, one.name),
        h('p', { class: 'tags' }, h('span', { class: 'tag' }, one.stage), one.level && h('span', { class: 'tag' }, one.level),
          h('span', { class: 'owner' }, one.mine ? '我负责' : `${one.owner} 负责`)))),
    clock(one),
    one.may.write ? actions(desk, one, open) : h('p', { class: 'note' }, '这个客户是共享给您看的，不能改动'),
    one.todos.length > 0 && section('我的待办', one.todos, (each) => todoLine(desk, each), ''),
    section('商机', one.deals, (deal) => dealLine(deal), '还没有商机'),
    section('最近报价', one.quotes, (each) => quoteLine(desk, each, one.may.write && !desk.back), '还没有报价'),
    section('联系人', people(one), (person) => h('li', {}, h('b', {}, person.name), h('small', {}, person.about)), '还没有联系人'),
    section('最近动态', newestFirst(one.timeline, desk.made), (entry) => entryLine(desk, entry, isIt(entry, desk.made), one.may.write), '还没有动态'),
    foot(desk, one),
  ];
}

/** The file's own contacts, marked where they are linked in WeCom, then who is only linked. */
function people(one: Customer): Array<{ name: string; about: string }> {
  const linked = new Map(one.linked.map((each) => [each.name, `企微好友 · ${each.linked_by} 关联`]));
  const filed = one.contacts.map((each) => ({ name: each.name, about: [each.title, each.phone, linked.has(each.name) && '企微好友'].filter(Boolean).join(' · ') }));
  const known = new Set(one.contacts.map((each) => each.name));
  return [...filed, ...Array.from(linked, ([name, about]) => ({ name, about })).filter((each) => !known.has(each.name))];
}

/** What was just made stands first: a talk of yesterday is dated yesterday, and would be out of sight. */
function newestFirst(all: Entry[], made: string): Entry[] {
  return [...all.filter((entry) => isIt(entry, made)), ...all.filter((entry) => !isIt(entry, made))];
}

const isIt = (entry: Entry, made: string): boolean => entry.id === made || entry.digest_id === made;

function entryLine(desk: Desk, entry: Entry, made: boolean, may: boolean): HTMLElement {
  return h('li', { class: made ? 'made' : null }, h('span', { class: 'words' }, entry.text),
    h('small', {}, made && h('b', {}, '刚刚记下'), `${entry.kind_label} · ${entry.author} · ${ago(entry.at)}`),
    may && entry.from_archive && h('button', { type: 'button', class: 'link', 'aria-label': `收回摘要：${entry.text.slice(0, 30)}`, onclick: () => mistaken(desk, entry) }, '收回'));
}

/** The machine may have misunderstood: what it wrote by itself goes when somebody says so, however old. */
function mistaken(desk: Desk, entry: Entry): void {
  sheet('收回这条会话摘要？', [h('p', { class: 'sends' }, entry.text), h('p', { class: 'quiet' }, '摘要和由它产生的、还没办的待办一起收回。重新关联以前，这段聊天不会再整理。')], '收回', async (_, key) => {
    await remove(`/digests/${entry.digest_id}`, key);
    await desk.again();
    toast('摘要和它的待办已收回');
  });
}

function clock(one: Customer): HTMLElement {
  const tone = one.days_left === null ? '' : one.days_left <= 3 ? 'red' : one.days_left <= 15 ? 'yellow' : 'green';
  return h('section', { class: `clock ${tone}` },
    one.days_left !== null && h('strong', {}, h('span', {}, one.days_left), ' 天'), h('p', {}, one.why));
}

function actions(desk: Desk, one: Customer, open: Deal[]): HTMLElement {
  const button = (label: string, act: () => void) => h('button', { type: 'button', onclick: act }, label);
  const all = [
    button('记跟进', () => followUp(desk, one)), button('整理聊天', () => digest(desk, one)), button('待办', () => todo(desk, one)),
    ...(one.may.deal ? [button('新商机', () => newDeal(desk, one, open))] : []),
    ...(desk.back ? [] : [button('发资料', () => void material(desk, one))]), // it would go into the group
  ];
  return h('div', { class: all.length === 5 ? 'actions five' : 'actions' }, all);
}

function section<T>(title: string, all: T[], line: (one: T) => HTMLElement, none: string): HTMLElement {
  const shown = all.slice(0, 3).map(line);
  const list = h('ul', { class: 'lines' }, shown);
  const more = all.length > 3 && h('button', { type: 'button', class: 'more', onclick: () => {
    all.slice(3).forEach((one) => list.appendChild(line(one)));
    (more as HTMLElement).remove();
  } }, `还有 ${all.length - 3} 条`);
  return h('section', { class: 'card' }, h('h2', {}, title, all.length > 0 && h('small', {}, all.length)),
    all.length ? [list, more] : h('p', { class: 'quiet' }, none));
}

function dealLine(one: Deal): HTMLElement {
  const words = one.colour ? COLOURS[one.colour] ?? '' : '已结束';
  return h('li', { class: 'deal' }, h('span', { class: `dot ${one.colour ?? 'none'}`, role: 'img', 'aria-label': words, title: words }),
    h('div', {}, h('b', {}, one.name), h('small', {}, [one.stage, one.colour && (one.days ? `第 ${one.days} 个工作日` : '今天刚到这一步'), one.owner].filter(Boolean).join(' · '))),
    h('span', { class: 'sum' }, yuan(one.amount)));
}

function quoteLine(desk: Desk, one: Quote, may: boolean): HTMLElement {
  return h('li', { class: 'deal' }, h('div', {}, h('b', {}, one.number), h('small', {}, `${one.state_label} · 有效期至 ${one.valid_until}`)),
    h('span', { class: 'sum' }, one.currency === 'CNY' ? yuan(one.total) : `${one.total} ${one.currency}`),
    may && one.text ? h('button', { type: 'button', class: 'go second', 'aria-label': `发送报价 ${one.number} 给客户`, onclick: () => quote(desk, one) }, '发送') : null);
}

function followUp(desk: Desk, one: Customer): void {
  sheet('记跟进', [
    field('text', '聊了什么', { type: 'area', required: true, maxlength: 2000, placeholder: '例如：确认了口径，周五前给方案' }),
    field('next', '下次跟进（可不填）', { type: 'datetime-local', value: '' }),
  ], '保存', async (typed, key) => {
    const next = typed.next ? moment(typed.next) : null;
    const made = await post<FollowUp>(`/customers/${one.id}/follow-ups`, { text: typed.text, next_follow_up_at: next }, key);
    await desk.again(made.id);
    toast(`已记到「${made.customer_name}」${made.remark ? `。${made.remark}` : '，沉默计时重新开始'}`, undefined, made.remark ? 8 : 5);
  }, one.id);
}

/** What was said in the chat, copied or dictated, becomes a digest on the timeline; our promises become to-dos. */
function digest(desk: Desk, one: Customer): void {
  sheet('整理聊天', [
    h('p', { class: 'quiet' }, '长按聊天消息，多选后复制，粘贴到这里；也可以用键盘的语音说一遍。整理成摘要记到时间线，我方答应的事自动加待办。'),
    field('text', '聊天内容', { type: 'area', required: true, placeholder: '王工 10:03\n报价什么时候能出来？' }),
  ], '整理', async (typed, key) => {
    const made = await post<Digest>(`/customers/${one.id}/digests`, { text: typed.text }, key);
    await desk.again(made.id);
    const todos = made.todos.length ? `，加了 ${made.todos.length} 条待办` : '';
    const remark = made.remark ? `。${made.remark}` : '';
    toast(`已整理到「${made.customer_name}」：${made.sentences.length} 句${todos}${remark}`, { label: '撤销', act: () => void takenBack(desk, made.id) }, 10);
  }, one.id);
}

async function takenBack(desk: Desk, id: string): Promise<void> {
  try {
    await remove(`/digests/${id}`);
    await desk.again();
    toast('摘要和它的待办已收回');
  } catch (error) {
    toast((error as Error).message, undefined, 8);
  }
}

function todo(desk: Desk, one: Customer): void {
  sheet('记待办', [
    field('text', '要做什么', { required: true, maxlength: 500, placeholder: '例如：送样品' }),
    field('due', '什么时候', { type: 'datetime-local', required: true, value: later(1, 9) }),
  ], '保存', async (typed, key) => {
    await post(`/customers/${one.id}/todos`, { text: typed.text, due_at: moment(typed.due ?? '') }, key);
    await desk.again();
    toast(`待办已记到「${one.name}」，到时提醒您`);
  }, one.id);
}

function newDeal(desk: Desk, one: Customer, open: Deal[]): void {
  sheet('新商机', [
    open.length ? h('p', { class: 'quiet' }, `已有 ${open.length} 个在跟的商机，确认不是同一件事`) : h('span', {}),
    field('name', '商机名称', { required: true, maxlength: 64, placeholder: '例如：二期循环泵' }),
    field('amount', '预计金额', { required: true, maxlength: 20, placeholder: '例如：80万' }),
  ], '新建', async (typed, key) => {
    await post(`/customers/${one.id}/deals`, { name: typed.name, amount: typed.amount }, key);
    await desk.again();
    toast(`商机已建在「${one.name}」`);
  }, one.id);
}

function foot(desk: Desk, one: Customer): HTMLElement {
  const fresh = now() < new Date(one.undo_until).getTime();
  return h('footer', {}, h('p', {}, `${one.linked_by} 关联于 ${ago(one.linked_at)}`),
    one.may.write && h('p', { class: 'ends' },
      h('button', { type: 'button', class: 'plain', onclick: () => relink(desk) }, '换一个客户'),
      h('button', { type: 'button', class: fresh ? 'plain strong' : 'plain', onclick: () => void desk.unlink(fresh) }, fresh ? '撤销关联' : '解除关联')));
}
