import { addFile, look, sizeInWords, type Attachment } from '../../lib/attachments';
import { money } from '../../lib/core/format';
import { mention, type Job } from '../../lib/core/jobs';
import { call as phoneCall, callTold, followUp, todo } from '../../lib/core/work';
import { leftOf, toneOf } from '../../lib/customers';
import { handIn, LATER } from '../../lib/handing';
import { placeOf } from '../../lib/places';
import { LOADING, read } from '../../lib/read';
import { call, newKey } from '../../lib/session';
import { dayOf, moment } from '../../lib/words';

interface Contact { id: string; name: string; title: string; phone: string; masked: boolean }
interface Entry { id: string; kind: string; kind_label: string; author: string; at: string; text: string; counts: boolean; photos: string[]; fields: { label: string; value: string }[] }
interface File {
  id: string; name: string; level: string; stage: string; owner: string; mine: boolean; may_write: boolean; queued: boolean; days_left: number | null; why: string;
  contacts: Contact[]; missing: string[];
  fields: { key: string; label: string; group: string; shown: string; missing: boolean }[];
  steps: { id: string; text: string; due_at: string; person: string; mine: boolean }[];
  deals: { id: string; name: string; amount: string; stage: string; owner: string; colour: string | null; colour_label: string }[];
  owners: { holder: string; reason: string; started_at: string; ended_at: string | null }[];
}
interface Timeline { timeline: Entry[]; next_cursor: string | null }
interface Shares { shares: { id: string; person: string; team: string; access_label: string; last_day: string }[]; may_share: boolean }
interface Quotes { quotes: { id: string; number: string; state_label: string; total: string; valid_until: string }[] }

const PARTS = [{ part: 'now', name: '概况' }, { part: 'past', name: '动态' }, { part: 'file', name: '资料' }, { part: 'more', name: '附件归属' }];
const KINDS = [{ kind: '', name: '全部' }, { kind: 'follow_up', name: '跟进' }, { kind: 'visit', name: '拜访' }, { kind: 'deal', name: '商机' }, { kind: 'quote', name: '报价' }];
const DAYS = [{ days: 1, name: '明天' }, { days: 3, name: '3 天后' }, { days: 7, name: '一周后' }];
const NO_DAY = { day: '', days: 0 };
const DAY = 24 * 60 * 60 * 1000; // ms

Page({
  data: {
    ...LOADING,
    id: '', file: null as object | null, parts: PARTS, part: 'now', groups: [] as object[], contacts: [] as Contact[],
    kinds: KINDS, kind: '', entries: [] as object[], cursor: '', reading: LOADING, quotes: [] as object[],
    files: [] as object[], mayAttach: false, shares: [] as object[], mayShare: false, owners: [] as object[],
    doing: '' as '' | 'follow_up' | 'todo' | 'call', text: '', ...NO_DAY, from: '', days_: DAYS, wrong: '', wrongs: {} as Record<string, string>, busy: false,
    done: '', undo: '', calling: '', called: '', reached: '' as '' | 'yes' | 'no',
  },

  onLoad(query: { id?: string }) {
    this.setData({ id: query.id ?? '' });
  },

  onShow() {
    this.load();
  },

  async onPullDownRefresh() {
    await this.load();
    wx.stopPullDownRefresh();
  },

  onReachBottom() {
    if (this.data.part === 'past' && this.data.cursor) this.past(this.data.cursor);
  },

  async load() {
    this.setData(await read<File>(`/customers/${this.data.id}`, (file) => this.draw(file)));
    if (this.data.file) await this.loadPart();
  },

  draw(file: File) {
    const groups: { name: string; fields: object[] }[] = [];
    for (const one of file.fields) {
      if (groups[groups.length - 1]?.name !== one.group) groups.push({ name: one.group, fields: [] });
      groups[groups.length - 1]!.fields.push({ ...one, told: one.shown || '未填' });
    }
    this.setData({
      state: 'ready', groups, contacts: file.contacts,
      file: {
        ...file, ...leftOf(file), sub: [file.level, file.stage, file.owner && `负责人 ${file.owner}`].filter(Boolean).join(' · '), lacks: file.missing.join('、'),
        steps: file.steps.map((one) => ({ ...one, ticked: false, sub: `${moment(new Date(one.due_at))}${one.mine ? '' : ` · ${one.person}`}`, late: new Date(one.due_at) < new Date() })),
        deals: file.deals.map((one) => ({ ...one, sum: money(one.amount), tone: toneOf(one.colour) })),
      },
      owners: file.owners.map((one) => ({ ...one, span: `${one.started_at.slice(0, 10)} 至${one.ended_at ? ` ${one.ended_at.slice(0, 10)}` : '今'}` })),
    });
  },

  choose(event: WechatMiniprogram.TouchEvent) {
    this.setData({ part: event.currentTarget.dataset.part });
    this.loadPart();
  },

  async loadPart() {
    const { id, part } = this.data;
    const about = `/customers/${id}`;
    if (part === 'now') await read<Quotes>(`/quotes?box=all&customer=${id}`, ({ quotes }) => this.setData({ quotes: quotes.slice(0, 5) }));
    if (part === 'past') await this.past('');
    if (part !== 'more') return;
    await read<{ attachments: Attachment[]; may_write: boolean }>(`${about}/attachments`, ({ attachments, may_write }) => {
      const files = attachments.map((one) => ({ ...one, sub: [one.kind_label, sizeInWords(one.size), one.uploaded_by, moment(new Date(one.at))].join(' · ') }));
      this.setData({ files, mayAttach: may_write });
    });
    await read<Shares>(`${about}/shares`, ({ shares, may_share }) => this.setData({ shares, mayShare: may_share }));
  },

  /** Another kind may have been chosen while this one was read. */
  async past(cursor: string) {
    const { id, kind } = this.data;
    const path = `/customers/${id}/timeline?limit=20${kind && `&kind=${kind}`}${cursor && `&cursor=${cursor}`}`;
    const reading = await read<Timeline>(path, (found) => {
      if (kind !== this.data.kind) return;
      const entries = found.timeline.map((one) => ({ ...one, head: `${one.author} · ${moment(new Date(one.at))}`, pictures: one.photos.length }));
      this.setData({ entries: cursor ? [...this.data.entries, ...entries] : entries, cursor: found.next_cursor ?? '', reading: { ...LOADING, state: 'ready' } });
    }, !cursor);
    if (kind === this.data.kind) this.setData({ reading });
  },

  narrow(event: WechatMiniprogram.TouchEvent) {
    this.setData({ kind: event.currentTarget.dataset.kind, entries: [], cursor: '', reading: LOADING });
    this.past('');
  },

  async tick(event: WechatMiniprogram.TouchEvent) {
    const { id, place, ticked } = event.currentTarget.dataset;
    const path = `file.steps[${place}].ticked`;
    this.setData({ [path]: !ticked });
    try {
      await call('POST', `/todos/${id}/${ticked ? 'reopen' : 'finish'}`, newKey());
    } catch (error) {
      this.setData({ [path]: ticked });
      this.say((error as Error).message);
    }
  },

  begin(event: WechatMiniprogram.TouchEvent) {
    const tomorrow = new Date(Date.now() + DAY);
    const doing = event.currentTarget.dataset.doing;
    this.setData({ doing, from: dayOf(tomorrow), wrong: '', wrongs: {}, ...(doing === 'todo' ? { days: 1, day: dayOf(tomorrow) } : NO_DAY) });
  },

  close() {
    if (!this.data.busy) this.setData({ doing: '' });
  },

  write(event: WechatMiniprogram.Input) {
    this.setData({ text: event.detail.value });
  },

  inDays(event: WechatMiniprogram.TouchEvent) {
    const { days } = event.currentTarget.dataset as { days: number };
    this.setData(days === this.data.days && this.data.doing === 'follow_up' ? NO_DAY : { days, day: dayOf(new Date(Date.now() + days * DAY)) });
  },

  onDay(event: WechatMiniprogram.CustomEvent<{ value: string }>) {
    this.setData({ day: event.detail.value, days: 0 });
  },

  /** A follow-up or a to-do: at ten in the morning of the day that was chosen. */
  async save() {
    const { id, doing, text, day, busy, file } = this.data;
    if (busy) return;
    if (!text.trim()) { this.setData({ wrong: doing === 'todo' ? '请写下要办的事' : '请写下谈了什么' }); return; }
    const at = day ? new Date(`${day}T10:00:00`).toISOString() : null;
    const { name } = file as unknown as File;
    const now = new Date().toISOString();
    const job = await this.hand(doing === 'todo' ? todo(id, name, text.trim(), at!) : followUp(id, name, text.trim(), now, at));
    if (job?.state !== 'sent') return;
    const said = doing === 'todo' ? '待办已记下' : `跟进已记下${job.answer?.remark ? `。${job.answer.remark}` : ''}`;
    this.setData({ done: said, undo: doing === 'todo' ? '' : String(job.answer?.id) });
    await this.load();
  },

  /** What was refused leaves the sheet open, with the reason; anything else closes it. */
  async hand(what: Parameters<typeof handIn>[0]): Promise<Job | null> {
    this.setData({ busy: true, wrong: '', wrongs: {} });
    try {
      const job = await handIn(what);
      if (job.said) { this.setData({ wrong: job.said.message, wrongs: job.said.fields }); return null; }
      this.setData({ doing: '', text: '', done: '' });
      if (job.state !== 'sent') this.say(LATER);
      return job;
    } catch (error) {
      this.setData({ wrong: (error as Error).message });
      return null;
    } finally {
      this.setData({ busy: false });
    }
  },

  async takeBack() {
    try {
      await call('DELETE', `/follow-ups/${this.data.undo}`, newKey());
      this.setData({ done: '', undo: '' });
      this.say('已撤销');
      await this.load();
    } catch (error) {
      this.say((error as Error).message);
    }
  },

  /** The whole number, which is asked for where it is shown in part; each look at another's is counted by the server. */
  async dial(event: WechatMiniprogram.TouchEvent) {
    const one = this.data.contacts[event.currentTarget.dataset.place as number]!;
    const { id, name } = this.data.file as unknown as File;
    let number = one.phone;
    try {
      if (one.masked) number = (await call<{ phone: string }>('POST', `/contacts/${one.id}/phone`, newKey())).phone;
    } catch (error) {
      this.say((error as Error).message);
      return;
    }
    const rung = await wx.makePhoneCall({ phoneNumber: number }).then(() => true, () => false);
    if (!rung || !(this.data.file as unknown as File).may_write) return;
    this.setData({ doing: 'call', calling: one.name, text: '', reached: '', wrong: '', wrongs: {}, called: '' });
    const job = await handIn(phoneCall(id, `${name} ${one.name}`, one.id, new Date().toISOString()));
    if (job.said) this.setData({ doing: '', wrong: '' });
    if (job.said) this.say(job.said.message);
    else this.setData({ called: job.id });
  },

  reach(event: WechatMiniprogram.TouchEvent) {
    this.setData({ reached: event.currentTarget.dataset.reached, wrong: '' });
  },

  async tell() {
    const { called, reached, text, calling, file, busy } = this.data;
    if (busy || !called) return;
    if (!reached) { this.setData({ wrong: '请选接通还是未接通' }); return; }
    if (reached === 'yes' && !text.trim()) { this.setData({ wrong: '接通了，请写一句说了什么' }); return; }
    const { name } = file as unknown as File;
    const job = await this.hand(callTold(mention(called), `${name} ${calling}`, reached === 'yes', text.trim()));
    if (job?.state === 'sent') await this.load();
  },

  async attach() {
    try {
      if (await addFile(this.data.id)) await this.loadPart();
    } catch (error) {
      this.say((error as Error).message);
    }
  },

  async show(event: WechatMiniprogram.TouchEvent) {
    try {
      await look(this.data.files[event.currentTarget.dataset.place as number] as Attachment);
    } catch (error) {
      this.say((error as Error).message || '这部手机打不开这种文件');
    }
  },

  async endShare(event: WechatMiniprogram.TouchEvent) {
    const { id, person } = event.currentTarget.dataset;
    const asked = await wx.showModal({ title: '结束共享？', content: `${person} 以后看不到这个客户。`, confirmText: '结束' });
    if (!asked.confirm) return;
    try {
      await call('DELETE', `/shares/${id}`, newKey());
      await this.loadPart();
    } catch (error) {
      this.say((error as Error).message);
    }
  },

  edit() {
    wx.navigateTo({ url: `/pages/record/record?of=customer&id=${this.data.id}` });
  },

  addContact() {
    wx.navigateTo({ url: `/pages/record/record?of=contact&customer=${this.data.id}` });
  },

  openDeal(event: WechatMiniprogram.TouchEvent) {
    wx.navigateTo({ url: placeOf('deal', event.currentTarget.dataset.id) });
  },

  checkIn() {
    wx.navigateTo({ url: `/pages/checkin/checkin?customer=${this.data.id}&name=${encodeURIComponent((this.data.file as { name: string } | null)?.name ?? '')}` });
  },

  addDeal() {
    wx.navigateTo({ url: `/pages/record/record?of=deal&customer=${this.data.id}` });
  },

  editContact(event: WechatMiniprogram.TouchEvent) {
    if ((this.data.file as unknown as File).may_write) wx.navigateTo({ url: `/pages/record/record?of=contact&customer=${this.data.id}&id=${event.currentTarget.dataset.id}` });
  },

  say(words: string) {
    wx.showToast({ title: words, icon: 'none', duration: 3000 });
  },
});
