import { placeOf } from '../../lib/places';
import { LOADING, read } from '../../lib/read';
import { call, drawBadge, lastPerson, newKey } from '../../lib/session';
import { dayInWords, moment } from '../../lib/words';

interface Thing {
  kind: string;
  mark: string;
  id: string;
  title: string;
  why: string;
  loss: string;
  urgent: boolean;
}
interface Day {
  day: string;
  things: Thing[];
  coming: { text: string; customer: string; due_at: string }[];
  coming_more: number;
  done: Record<'follow_ups' | 'visits' | 'moves' | 'quotes' | 'todos', number>;
}
interface Line extends Thing {
  key: string;
  place: string;
  ticked: boolean;
}

const DONE: [keyof Day['done'], string][] = [['follow_ups', '跟进'], ['visits', '拜访'], ['moves', '推进'], ['quotes', '报价'], ['todos', '待办']];

const QUICK = [
  { name: '签到', place: '/pages/checkin/checkin' }, { name: '新建客户', place: '/pages/record/record?of=customer' },
  { name: '审批', place: '/pages/approvals/approvals' },
];

Page({
  data: {
    ...LOADING,
    quick: QUICK,
    greeting: '', day: '', lead: '',
    urgent: [] as Line[], lines: [] as Line[],
    coming: [] as { text: string; sub: string }[], more: 0,
    done: [] as { name: string; count: number }[],
  },

  onLoad() {
    this.setData({ day: dayInWords(new Date()) });
  },

  onShow() {
    drawBadge();
    this.load();
  },

  async onPullDownRefresh() {
    await this.load();
    wx.stopPullDownRefresh();
  },

  async load() {
    this.setData(await read<Day>('/today', (day) => this.draw(day)));
  },

  draw(day: Day) {
    const lines = day.things.map((one) => ({ ...one, key: `${one.kind} ${one.id} ${one.title}`, place: placeOf(one.kind, one.id), ticked: false }));
    const urgent = lines.filter((one) => one.urgent);
    const name = lastPerson()?.name;
    this.setData({
      state: 'ready',
      day: dayInWords(new Date(`${day.day}T00:00:00`)),
      greeting: name ? `${partOfDay()}，${name}。` : '',
      urgent,
      lines: lines.filter((one) => !one.urgent),
      lead: lead(lines.length, urgent.length),
      coming: day.coming.map((one) => ({ text: one.text, sub: [moment(new Date(one.due_at)), one.customer].filter(Boolean).join(' · ') })),
      more: day.coming_more,
      done: DONE.map(([key, words]) => ({ name: words, count: day.done[key] })),
    });
  },

  open(event: WechatMiniprogram.TouchEvent) {
    const { place } = event.currentTarget.dataset;
    if (place) wx.navigateTo({ url: place });
  },

  /** A to-do stays where it is, ticked, until the page is read again: a slip of the thumb is taken back there. */
  async tick(event: WechatMiniprogram.TouchEvent) {
    const { list, place } = event.currentTarget.dataset as { list: 'urgent' | 'lines'; place: number };
    const line = this.data[list][place];
    if (!line) return;
    const ticked = !line.ticked;
    this.setData({ [`${list}[${place}].ticked`]: ticked });
    try {
      await call('POST', `/todos/${line.id}/${ticked ? 'finish' : 'reopen'}`, newKey());
    } catch (error) {
      this.setData({ [`${list}[${place}].ticked`]: !ticked });
      wx.showToast({ title: (error as Error).message, icon: 'none' });
    }
  },
});

function lead(all: number, urgent: number): string {
  if (!all) return '今天没有到期的事';
  return urgent ? `要办 ${all} 件，${urgent} 件最急` : `要办 ${all} 件`;
}

function partOfDay(): string {
  const hour = new Date().getHours();
  return hour < 11 ? '早上好' : hour < 13 ? '中午好' : hour < 18 ? '下午好' : '晚上好';
}
