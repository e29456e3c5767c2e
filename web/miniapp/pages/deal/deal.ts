import { Refused } from '../../lib/core/api';
import { drawn, REASONS, undoOf, type Deal } from '../../lib/deals';
import { handIn, handing, type Handing } from '../../lib/proofs';
import { LOADING, read } from '../../lib/read';
import { call, newKey } from '../../lib/session';
import { dayOf } from '../../lib/words';

const KINDS = [{ kind: 'bid_deadline', name: '截标' }, { kind: 'deposit', name: '保证金' }, { kind: 'bid_opening', name: '开标' }, { kind: 'delivery', name: '交货' }];

Page({
  data: {
    ...LOADING,
    id: '', deal: null as ReturnType<typeof drawn> | null,
    reasons: REASONS, kinds: KINDS, removed: '', undo: '',
    /** Which sheet is up: "" none. `title` is its head. */
    sheet: '' as '' | 'move' | 'hand' | 'date' | 'field', title: '', wrong: '', busy: false,
    to: '', end: '', ahead: false, force: false, why: '', competitor: '', words: '',
    hands: [] as Handing[],
    kind: '', day: '', clock: '17:00',
    key: '', form: '', value: '',
  },

  found: null as Deal | null,
  gap: { stage: '', kind: '' },

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

  /** What may be undone is the server's clock's to say: nothing that was kept says it. */
  async load() {
    const reading = await read<Deal>(`/deals/${this.data.id}`, (found) => {
      this.found = found;
      this.setData({ state: 'ready', deal: drawn(found) });
    });
    this.setData({ ...reading, undo: reading.state === 'ready' && !reading.stale && this.found ? undoOf(this.found) : '' });
  },

  close() {
    if (!this.data.busy) this.setData({ sheet: '' });
  },

  write(event: WechatMiniprogram.Input) {
    this.setData({ [event.currentTarget.dataset.into]: event.detail.value, wrong: '' });
  },

  pick(event: WechatMiniprogram.TouchEvent) {
    const { into, value } = event.currentTarget.dataset;
    this.setData({ [into]: value, wrong: '' });
  },

  forward() {
    const { found } = this;
    const to = found?.ladder.find((one) => one.key === found.towards);
    if (to) this.moving(to);
  },

  /** All other ways it may go: a result, a step back, or open again. */
  async elsewhere() {
    const { found } = this;
    if (!found) return;
    const ended = this.data.deal?.ended;
    const at = found.ladder.findIndex((one) => one.key === found.stage);
    const ways = found.ladder.filter((one, place) => (ended ? one.kind === 'open' : one.kind !== 'open' || place < at));
    const before = ended ? '重新打开到' : '退回';
    const rung = await chosen(ways, (one) => (one.kind === 'open' ? `${before}「${one.label}」` : one.label));
    if (rung) this.moving(rung);
  },

  moving(to: Deal['ladder'][number]) {
    const title = to.kind === 'open' ? `到「${to.label}」` : to.label;
    const place = (key: string): number => this.found?.ladder.findIndex((one) => one.key === key) ?? 0;
    const ahead = to.kind === 'won' || (to.kind === 'open' && !this.data.deal?.ended && place(to.key) > place(this.found?.stage ?? ''));
    this.setData({ sheet: 'move', title, to: to.key, end: to.kind, ahead, force: false, why: '', competitor: '', words: '', wrong: '' });
  },

  move() {
    const { to, end, force, why, competitor, words } = this.data;
    const ends = end === 'won' || end === 'lost';
    if (ends && !why) return this.setData({ wrong: '请选主要原因' });
    return this.act('POST', `/deals/${this.data.id}/move`, { to, reason: words, force, ...(ends ? { ended_for: why, competitor } : {}) });
  },

  back() {
    return this.act('POST', `/deals/${this.data.id}/move/undo`, { stage: this.found?.stage });
  },

  /** Photographs, files of a chat, or those that the customer has already. */
  async hand(event: WechatMiniprogram.TouchEvent) {
    const { stage, kind, told } = event.currentTarget.dataset;
    this.gap = { stage, kind };
    const ways = [{ name: '拍照或选照片', go: this.photograph }, { name: '从聊天里选文件', go: this.takeFiles }, { name: '用这家客户附件里的文件', go: this.attach }];
    const way = await chosen(ways, (one) => one.name);
    await way?.go.call(this, told);
  },

  async photograph(told: string) {
    const taken = await wx.chooseMedia({ count: 9, mediaType: ['image'], sourceType: ['camera', 'album'] }).catch(() => null);
    const day = dayOf(new Date());
    await this.handOver(told, (taken?.tempFiles ?? []).map(({ tempFilePath }, place) => handing(`照片 ${day} ${place + 1}${/\.\w+$/.exec(tempFilePath)?.[0] ?? '.jpg'}`, tempFilePath)));
  },

  async takeFiles(told: string) {
    const taken = await wx.chooseMessageFile({ count: 9, type: 'all' }).catch(() => null);
    await this.handOver(told, (taken?.tempFiles ?? []).map((one) => handing(one.name, one.path)));
  },

  async attach(told: string) {
    const path = `/customers/${this.found?.customer_id}/attachments`;
    try {
      const { attachments } = await call<{ attachments: { id: string; name: string }[] }>('GET', path, '');
      if (!attachments.length) { wx.showToast({ title: '这家客户还没有附件', icon: 'none' }); return; }
      const file = await chosen(attachments.slice(0, 6), (one) => one.name);
      if (file) await this.handOver(told, [handing(file.name, '', file.id)]);
    } catch (error) {
      wx.showToast({ title: (error as Error).message, icon: 'none', duration: 3000 });
    }
  },

  async handOver(told: string, hands: Handing[]) {
    if (!hands.length) return;
    this.setData({ sheet: 'hand', title: told, wrong: '', hands });
    await this.send();
  },

  /** One by one, those that are not there yet; a refused one does not keep the next from going. */
  async send() {
    if (this.data.busy || !this.found) return;
    this.setData({ busy: true });
    for (const [place, one] of this.data.hands.entries()) {
      if (one.state === 'done') continue;
      const told = (state: Handing['state'], said: string) => this.setData({ [`hands[${place}]`]: Object.assign(one, { state, said }) });
      told('going', '正在上传');
      try {
        await handIn(one, this.found.customer_id, this.found.id, this.gap.stage, this.gap.kind);
        told('done', '已收下');
      } catch (error) {
        told('refused', (error as Error).message);
      }
    }
    this.setData({ busy: false });
    await this.load();
  },

  async withdraw(event: WechatMiniprogram.TouchEvent) {
    const { id, file } = event.currentTarget.dataset;
    const asked = await wx.showModal({ title: '移除这份凭证？', content: `「${file}」还留在客户的附件里。`, confirmText: '移除' });
    if (asked.confirm) await this.act('DELETE', `/evidence/${id}`);
  },

  date() {
    this.setData({ sheet: 'date', title: '记一个时间节点', kind: '', day: '', clock: '17:00', words: '', wrong: '' });
  },

  note() {
    const { id, kind, day, clock, words } = this.data;
    if (!kind || !day) return this.setData({ wrong: kind ? '请选日期' : '请选是什么节点' });
    return this.act('POST', `/deals/${id}/milestones`, { kind, due_at: new Date(`${day}T${clock}:00`).toISOString(), note: words });
  },

  async milestone(event: WechatMiniprogram.TouchEvent) {
    const { id, done } = event.currentTarget.dataset;
    const way = await chosen(done ? ['还没办完'] : ['办完了', '记错了，移除'], (one) => one);
    if (way === '还没办完') await this.act('POST', `/milestones/${id}/restore`);
    else if (way === '办完了') await this.act('POST', `/milestones/${id}/finish`);
    else if (way && await this.act('DELETE', `/milestones/${id}`)) this.setData({ removed: id });
  },

  async restore() {
    if (await this.act('POST', `/milestones/${this.data.removed}/restore`)) this.setData({ removed: '' });
  },

  field(event: WechatMiniprogram.TouchEvent) {
    const one = this.found?.fields.find(({ key }) => key === event.currentTarget.dataset.key);
    if (one) this.setData({ sheet: 'field', title: one.label, key: one.key, form: one.kind, value: one.shown, wrong: '' });
  },

  save() {
    const { id, key, value } = this.data;
    const shown = this.found?.fields.find((one) => one.key === key)?.shown ?? '';
    return this.act('PATCH', `/deals/${id}`, { fields: { [key]: value }, seen: { [key]: shown } });
  },

  approval() {
    wx.navigateTo({ url: `/pages/approval/approval?id=${this.data.deal?.approval}` });
  },

  /** One write: told in a word and shown as it is now, or why it was not done. Whether it was. */
  async act(method: 'POST' | 'PATCH' | 'DELETE', path: string, body?: object): Promise<boolean> {
    if (this.data.busy) return false;
    this.setData({ busy: true, wrong: '' });
    try {
      const answer = await call<{ said?: string } | undefined>(method, path, newKey(), body);
      this.setData({ sheet: '' });
      wx.showToast({ title: answer?.said ?? '好了', icon: 'none', duration: 2500 });
      await this.load();
      return true;
    } catch (error) {
      const words = why(error as Error);
      if (this.data.sheet) this.setData({ wrong: words });
      else wx.showToast({ title: words, icon: 'none', duration: 3000 });
      return false;
    } finally {
      this.setData({ busy: false });
    }
  },
});

/** The product's sentence, and each thing that it still asks for. */
function why(error: Error): string {
  const each = error instanceof Refused ? Object.values(error.fields).filter((one) => !error.message.includes(one)) : [];
  return [error.message, ...each].join('\n');
}

/** Which of them was tapped, undefined for none. */
async function chosen<T>(all: readonly T[], words: (one: T) => string): Promise<T | undefined> {
  const asked = await wx.showActionSheet({ itemList: all.map(words) }).catch(() => null);
  return asked ? all[asked.tapIndex] : undefined;
}
