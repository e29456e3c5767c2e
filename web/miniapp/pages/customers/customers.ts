import { ago, leftOf } from '../../lib/customers';
import { placeOf } from '../../lib/places';
import { LOADING, read } from '../../lib/read';
import { moment } from '../../lib/words';

interface Line {
  id: string;
  name: string;
  level: string;
  stage: string;
  region: string;
  owner: string;
  team: string;
  queued: boolean;
  last_activity_at: string | null;
  days_left: number | null;
  why: string;
  next_step: string;
  next_step_at: string | null;
}
interface Found {
  segments: { key: string; label: string }[];
  customers: Line[];
  total: number;
  total_at_least: boolean;
  next_cursor: string | null;
}
interface Form {
  groups: { fields: { key: string; label: string; may_read: boolean; options: { key: string; label: string }[] }[] }[];
}

const SORTS = [
  { sort: 'days_left', name: '剩余天数' }, { sort: 'last_activity', name: '最近联系' }, { sort: 'newest', name: '最近新建' }, { sort: 'name', name: '名称' },
];
const NARROWED = ['level', 'cooperation_stage', 'source'];
const EMPTY: Record<string, string> = { mine: '您名下还没有客户', team: '还没有客户', pool: '公海里没有等待分配的客户' };
const PAUSE = 300; // ms after the last letter

let timer = 0;

Page({
  data: {
    ...LOADING,
    segments: [] as Found['segments'], segment: '', query: '', typed: '', sort: 'days_left', sorts: SORTS, sorted: SORTS[0]!.name,
    filters: [] as { key: string; label: string; options: { key: string; label: string }[] }[],
    chosen: {} as Record<string, string>, soon: false, narrowed: 0, sheet: false,
    lines: [] as object[], cursor: '', count: '', empty: '', more: false,
  },

  onShow() {
    this.load();
  },

  async onPullDownRefresh() {
    await this.load();
    wx.stopPullDownRefresh();
  },

  onReachBottom() {
    if (this.data.cursor && !this.data.more) this.next();
  },

  /** What is asked for, without the place in the list. */
  asked(): string {
    const { segment, query, sort, soon, chosen } = this.data;
    const where = Object.entries(chosen).filter(([, key]) => key).map(([field, key]) => `&where=${field}:${key}`).join('');
    return `/customers?sort=${sort}${segment && `&segment=${segment}`}${query && `&query=${encodeURIComponent(query)}`}${soon ? '&soon=1' : ''}${where}`;
  },

  /** The first page. Whatever has been asked for meanwhile, nobody waits for this one any more. */
  async load() {
    const path = this.asked();
    const plain = !this.data.query && !this.data.narrowed;
    const reading = await read<Found>(path, (found) => { if (path === this.asked()) this.draw(found, []); }, plain);
    if (path !== this.asked()) return;
    this.setData(reading);
    const first = this.data.segments[0];
    if (!this.data.segment && first) { // the first time nobody knew what this person may ask for
      this.setData({ ...LOADING, segment: first.key, lines: [] });
      await this.load();
    }
  },

  async next() {
    const path = this.asked();
    this.setData({ more: true });
    const reading = await read<Found>(`${path}&cursor=${this.data.cursor}`, (found) => { if (path === this.asked()) this.draw(found, this.data.lines); }, false);
    this.setData({ more: false });
    if (reading.problem) wx.showToast({ title: reading.problem, icon: 'none' });
  },

  draw(found: Found, before: object[]) {
    const { segment } = this.data;
    const lines = found.customers.map((one) => ({
      id: one.id,
      name: one.name,
      place: placeOf('customer', one.id),
      ...leftOf(one),
      sub: [one.level, one.stage, one.region, segment === 'mine' ? '' : one.owner || one.team].filter(Boolean).join(' · '),
      next: one.next_step && `${one.next_step}（${moment(new Date(one.next_step_at!))}）`,
      late: one.next_step_at !== null && new Date(one.next_step_at) < new Date(),
      last: one.last_activity_at ? `${ago(new Date(one.last_activity_at))}联系过` : '还没有联系过',
    }));
    const asked = this.data.query || this.data.narrowed;
    this.setData({
      state: 'ready', segments: found.segments, lines: [...before, ...lines], cursor: found.next_cursor ?? '',
      count: found.total_at_least ? `超过 ${found.total} 家` : `${found.total} 家`,
      empty: asked ? '没有符合条件的客户' : EMPTY[segment] ?? '还没有客户',
    });
  },

  choose(event: WechatMiniprogram.TouchEvent) {
    this.again({ segment: event.currentTarget.dataset.key });
  },

  again(change: object) {
    this.setData({ ...LOADING, ...change, lines: [], cursor: '' });
    this.load();
  },

  type(event: WechatMiniprogram.Input) {
    const query = event.detail.value.trim();
    this.setData({ typed: event.detail.value });
    clearTimeout(timer);
    timer = setTimeout(() => { if (query !== this.data.query) this.again({ query }); }, PAUSE);
  },

  clear() {
    clearTimeout(timer);
    this.again({ query: '', typed: '' });
  },

  async filter() {
    this.setData({ sheet: true });
    await read<Form>('/fields?of=customer', ({ groups }) => {
      const fields = groups.flatMap((group) => group.fields).filter((one) => one.may_read && NARROWED.includes(one.key));
      this.setData({ filters: fields.sort((a, b) => NARROWED.indexOf(a.key) - NARROWED.indexOf(b.key)) });
    });
  },

  close() {
    this.setData({ sheet: false });
  },

  pick(event: WechatMiniprogram.TouchEvent) {
    const { field, key } = event.currentTarget.dataset as { field: string; key: string };
    this.setData({ chosen: { ...this.data.chosen, [field]: this.data.chosen[field] === key ? '' : key } });
  },

  turnSoon() {
    this.setData({ soon: !this.data.soon });
  },

  order(event: WechatMiniprogram.TouchEvent) {
    const { sort } = event.currentTarget.dataset;
    this.setData({ sort, sorted: SORTS.find((one) => one.sort === sort)!.name });
  },

  reset() {
    this.setData({ chosen: {}, soon: false });
    this.apply();
  },

  apply() {
    const { chosen, soon } = this.data;
    this.again({ sheet: false, narrowed: Object.values(chosen).filter(Boolean).length + (soon ? 1 : 0) });
  },

  open(event: WechatMiniprogram.TouchEvent) {
    wx.navigateTo({ url: event.currentTarget.dataset.place });
  },

  add() {
    wx.navigateTo({ url: '/pages/record/record?of=customer' });
  },
});
