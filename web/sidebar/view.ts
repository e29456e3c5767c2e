// What is shown of one chat: its customer's card, or how it becomes some customer's.
import { get, newKey, post, Refused } from './api';
import { drawCustomer } from './card';
import { focusHeading, h, show, toast } from './dom';
import { field, Question, sheet } from './sheet';
import { drawSearch } from './search';
import { setClock } from './words';
import type { Beside, Candidate, Chat, Customer, Done, Found, Member } from './types';

/** Which customer a link took the place of, by the moment of that link: its undo leads back there. */
const formers = new Map<string, string>();

/** What is true now of one chat. `back` leads to the group from which somebody in it is looked at. */
export async function open(chat: Chat, back?: () => Promise<void>, made = ''): Promise<void> {
  const name = chat.kind === 'customer_group' ? 'chat_id' : 'external_userid';
  draw(chat, await get<Beside>(`/sidebar?${name}=${encodeURIComponent(chat.id)}`), back, made);
}

/** Everything anew; `made` is the line of the timeline that was written just now. */
function draw(chat: Chat, beside: Beside, back?: () => Promise<void>, made = ''): void {
  setClock(beside.at);
  const desk = new Desk(chat, beside, back, made);
  show(back && h('button', { type: 'button', class: 'back', onclick: () => void left(back) }, '‹ 返回客户群'),
    beside.customer ? drawCustomer(desk, beside.customer) : unlinked(desk));
  const place = document.getElementById('search');
  if (place) drawSearch(place, '搜索客户', beside.state === 'unlinked' || beside.state === 'ignored' ? (found) => desk.link(found.id) : undefined);
}

/** The chat and what can be done with it; each act answers with how it looks afterwards. */
export class Desk {
  private busy = false;

  constructor(readonly chat: Chat, readonly beside: Beside, readonly back?: () => Promise<void>, readonly made = '') {}

  /** What is true now, with what was just made in sight. */
  again(made = ''): Promise<void> { return open(this.chat, this.back, made); }

  link(customerId: string): Promise<void> {
    const seen = this.beside.customer?.id ?? null;
    return this.act('/sidebar/link', { customer_id: customerId, seen }, (done) => {
      const now = done.sidebar.customer;
      if (now && seen && seen !== now.id) formers.set(now.linked_at, seen);
      toast(done.said, this.undoing(done), 8);
    });
  }

  private undoing(done: Done): { label: string; act: () => void } {
    return { label: '撤销', act: () => void new Desk(this.chat, done.sidebar, this.back).unlink(true) };
  }

  /** `undo`: only the link that the page shows, and back to the customer that it took the place of. */
  unlink(undo = false): Promise<void> {
    const one = this.beside.customer as Customer;
    const which = undo ? { linked_at: one.linked_at, former: formers.get(one.linked_at) ?? null } : {};
    return this.act('/sidebar/unlink', { seen: one.id, ...which }, (done) => toast(done.said));
  }

  /** null: chased again after all. */
  ignore(reason: 'supplier' | 'peer' | 'private' | null): Promise<void> {
    return this.act('/sidebar/ignore', { reason }, (done) => {
      toast(done.said, reason ? { label: '撤销', act: () => void this.ignore(null) } : undefined, 8);
    });
  }

  create(fields: Record<string, string>, key: string): Promise<void> {
    return this.act('/sidebar/customers', fields, (done) => {
      if (!done.alike) { toast(done.said, done.sidebar.customer ? this.undoing(done) : undefined, 8); return; }
      throw new Question(done.said, [{ label: '申请这家客户', more: { alike: 'theirs' } }, { label: '是另一家，仍要新建', more: { alike: 'others' } }]);
    }, key, true);
  }

  /** One at a time. Where somebody was faster, what is true now is shown beside the sentence. */
  private async act(path: string, body: object, told: (done: Done) => void, key = newKey(), fails = false): Promise<void> {
    if (this.busy) return;
    this.busy = true;
    try {
      const done = await post<Done>(path, { kind: this.chat.kind, chat: this.chat.id, ...body }, key);
      draw(this.chat, done.sidebar, this.back);
      focusHeading();
      told(done);
    } catch (error) {
      if (error instanceof Question || (fails && error instanceof Refused && error.status !== 409)) throw error;
      toast((error as Error).message, undefined, 10);
      if (error instanceof Refused && error.status === 409) await this.again().catch(() => undefined);
      if (fails) throw error;
    } finally {
      this.busy = false;
    }
  }
}

function unlinked(desk: Desk): HTMLElement[] {
  const { beside } = desk;
  const group = beside.kind === 'customer_group';
  const may = beside.state === 'unlinked' || beside.state === 'ignored';
  return [
    h('header', { class: 'who' }, h('span', { class: `face ${group ? 'group' : ''}`, 'aria-hidden': 'true' }, beside.name.slice(0, 1)),
      h('div', {}, h('h1', {}, beside.name), h('p', {}, about(beside)))),
    beside.said ? h('p', { class: 'note', role: 'status' }, beside.said) : h('span', {}),
    may && beside.candidates.length ? candidates(desk) : h('span', {}),
    may && !beside.candidates.length ? h('p', { class: 'note' }, '还没有关联客户，也没有找到名称相近的。搜索一下，或者新建。') : h('span', {}),
    h('div', { id: 'search' }),
    may ? h('div', { class: 'ends' },
      h('button', { type: 'button', class: 'plain', onclick: () => newcomer(desk) }, '新建客户'),
      !group && (beside.state === 'ignored'
        ? h('button', { type: 'button', class: 'plain', onclick: () => void desk.ignore(null) }, '恢复提醒')
        : h('span', { class: 'row' }, h('small', {}, '不是客户：'),
          ...([['supplier', '供应商'], ['peer', '同行'], ['private', '私人']] as const).map(([reason, said]) =>
            h('button', { type: 'button', class: 'plain', onclick: () => void desk.ignore(reason) }, said))))) : h('span', {}),
    group && beside.members.length ? people(desk) : h('span', {}),
  ];
}

function about(beside: Beside): string {
  if (beside.kind === 'customer_group') return `客户群 · ${beside.members.length} 位外部联系人`;
  const said = [beside.company, beside.position].filter(Boolean).join(' · ');
  return said || (beside.remark ? `备注：${beside.remark}` : '微信好友，公司未填写');
}

function candidates(desk: Desk): HTMLElement {
  const line = (one: Candidate, first: boolean) => h('li', {},
    h('div', {}, h('b', {}, one.name || '名称相近的公司'), h('small', {}, [one.owner, one.reason].filter(Boolean).join(' · '))),
    one.id ? h('button', { type: 'button', class: first ? 'go' : 'go second', 'aria-label': `关联到${one.name}`, onclick: () => void desk.link(one.id as string) }, '关联') : null);
  const first = desk.beside.candidates.findIndex((one) => one.id);
  return h('section', { class: 'card' }, h('h2', {}, '可能是这家客户'),
    h('ul', { class: 'candidates' }, desk.beside.candidates.map((one, place) => line(one, place === first))));
}

/** One's own friends in the group can be opened, and linked each by himself. */
function people(desk: Desk): HTMLElement {
  const line = (one: Member) => [h('b', {}, one.name || '未填写姓名'), h('small', {}, one.customer ?? (one.known ? '未关联客户' : '不是您的好友'))];
  return h('section', { class: 'card' }, h('h2', {}, '群里的外部联系人'),
    h('ul', { class: 'people' }, desk.beside.members.map((one) => h('li', {}, one.id
      ? h('button', { type: 'button', class: 'pick further', onclick: () => void left(() => open({ kind: 'external_contact', id: one.id as string }, () => open(desk.chat))) }, line(one))
      : h('div', { class: 'pick' }, line(one))))));
}

/** Off to another page of this one, or the sentence why not. */
async function left(going: () => Promise<void>): Promise<void> {
  try {
    await going();
    focusHeading();
  } catch (error) {
    toast((error as Error).message, undefined, 8);
  }
}

function newcomer(desk: Desk): void {
  const { beside } = desk;
  const group = beside.kind === 'customer_group';
  sheet('新建客户', [
    field('name', '公司名称', { value: beside.company, required: true, maxlength: 128 }),
    ...(group ? [] : [
      field('contact_name', '联系人', { value: beside.name, maxlength: 64 }),
      field('title', '职务', { value: beside.position, maxlength: 64 })]),
  ], '新建并关联', (fields, key) => desk.create(fields, key), desk.chat.id);
}

/** Another customer for a chat that has one. */
export function relink(desk: Desk): void {
  const place = h('div', {});
  const close = sheet('换一个客户', [place], '', () => Promise.resolve());
  drawSearch(place, '关联到', (found: Found) => { close(); void desk.link(found.id); });
}
