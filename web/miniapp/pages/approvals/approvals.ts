import { tone, type Approval } from '../../lib/approvals';
import { money } from '../../lib/core/format';
import { placeOf } from '../../lib/places';
import { LOADING, read } from '../../lib/read';

interface Found {
  approvals: Approval[];
  total: number;
  page: number;
  pages: number;
}

const BOXES = [{ box: 'mine', name: '等我批' }, { box: 'asked', name: '我提交的' }, { box: 'signed', name: '我批过的' }];
const EMPTY: Record<string, string> = { mine: '没有等您处理的审批', asked: '您还没有提交过审批', signed: '您还没有处理过审批' };

Page({
  data: { ...LOADING, boxes: BOXES, box: 'mine', lines: [] as object[], page: 1, pages: 1, empty: '' },

  onShow() {
    this.load();
  },

  async onPullDownRefresh() {
    await this.load();
    wx.stopPullDownRefresh();
  },

  onReachBottom() {
    if (this.data.page < this.data.pages) this.more(this.data.page + 1);
  },

  choose(event: WechatMiniprogram.TouchEvent) {
    this.setData({ ...LOADING, box: event.currentTarget.dataset.box, lines: [] });
    this.load();
  },

  load() {
    return this.more(1);
  },

  /** Another box may have been chosen while this one was read: then nobody waits for it any more. */
  async more(page: number) {
    const { box } = this.data;
    const reading = await read<Found>(`/approvals?box=${box}&page=${page}`, (found) => { if (box === this.data.box) this.draw(found, page); });
    if (box === this.data.box) this.setData(reading);
  },

  draw(found: Found, page: number) {
    const lines = found.approvals.map((one) => ({ ...one, sum: money(one.amount), place: placeOf('approval', one.id), waits: waits(one), tone: tone(one.state) }));
    this.setData({ state: 'ready', lines: page === 1 ? lines : [...this.data.lines, ...lines], page, pages: found.pages, empty: EMPTY[this.data.box] });
  },

  open(event: WechatMiniprogram.TouchEvent) {
    wx.navigateTo({ url: event.currentTarget.dataset.place });
  },
});

function waits(one: Approval): string {
  const asked = `${one.asked_by}提交`;
  if (one.state !== 'waiting') return asked;
  const who = one.my_turn ? '等您' : `等${one.waits_for.join('、')}`;
  return `${asked} · ${who}，已${one.hours < 1 ? '不到 1' : ` ${Math.floor(one.hours)}`} 小时`;
}
