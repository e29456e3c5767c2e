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
  groups: { fields: Field[] }[];
}
interface Field { key: string; label: string; kind: string; may_read: boolean; options: { key: string; label: string }[] }
/** A field that the list is narrowed by: few choices lie open, many in a list, everything else is typed. */
interface Filter extends Field { shape: 'open' | 'list' | 'typed'; names: string[]; hint: string; first: boolean }

const SORTS = [
  { sort: 'days_left', name: '剩余天数' }, { sort: 'last_activity', name: '最近联系' }, { sort: 'newest', name: '最近新建' }, { sort: 'name', name: '名称' },
];
const FIRST = ['level', 'cooperation_stage', 'source']; // what is asked for most; the others come with 更多条件
const HINTS: Record<string, string> = {
  text: '其中的几个字', region: '如 浙江嘉兴', number: '如 3 或 3..10', money: '如 10万..50万', date: '如 2026-01-01..2026-06-30',
};
const CHOICES = ['select', 'multi_select', 'person'];
const OPEN = 8; // choices that lie open
const MOST = 5; // fields that the server narrows by at once
const EMPTY: Record<string, string> = { mine: '您名下还没有客户', team: '还没有客户', pool: '公海里没有等待分配的客户' };
const PAGE = 50; // lines; the first page is what there is without a network
const PAUSE = 300; // ms after the last letter

let timer = 0;

Page({
  data: {
    ...LOADING,
    segments: [] as Found['segments'], segment: '', query: '', typed: '', sort: 'days_left', sorts: SORTS, sorted: SORTS[0]!.name, sifted: 'sort=days_left',
    filters: [] as Filter[], chosen: {} as Record<string, string>, told: {} as Record<string, string>, soon: false, narrowed: 0, sheet: false, all: false, wrong: '',
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

  /** What is asked for, without the place in the list; of the sheet what was last told to 查看. */
  asked(): string {
    const { segment, query, sifted } = this.data;
    return `/customers?limit=${PAGE}&${sifted}${segment && `&segment=${segment}`}${query && `&query=${encodeURIComponent(query)}`}`;
  },

  /** The first page. Whatever has been asked for meanwhile, nobody waits for this one any more. */
  async load() {
    const path = this.asked();
    const plain = !this.data.query && !this.data.narrowed;
    const reading = await read<Found>(path, (found) => { if (path === this.asked()) this.draw(found, 0); }, plain);
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
    const reading = await read<Found>(`${path}&cursor=${this.data.cursor}`, (found) => { if (path === this.asked()) this.draw(found, this.data.lines.length); }, false);
    this.setData({ more: false });
    if (reading.problem) wx.showToast({ title: reading.problem, icon: 'none' });
  },

  /** Only what is new goes to the page: of a long list the whole would soon be more than one `setData` takes. */
  draw(found: Found, before: number) {
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
      state: 'ready', segments: found.segments, ...(before ? Object.fromEntries(lines.map((one, place) => [`lines[${before + place}]`, one])) : { lines }), cursor: found.next_cursor ?? '',
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
    this.setData({ sheet: true, wrong: '' });
    const { problem } = await read<Form>('/fields?of=customer', ({ groups }) => {
      const fields = groups.flatMap((group) => group.fields).filter((one) => one.may_read && (CHOICES.includes(one.kind) ? one.options.length > 0 : one.kind in HINTS) && one.key !== 'name');
      const place = (one: Field): number => (FIRST.includes(one.key) ? FIRST.indexOf(one.key) : FIRST.length);
      this.setData({ filters: fields.map(filterOf).sort((a, b) => place(a) - place(b)) });
    });
    if (problem) this.setData({ wrong: problem });
  },

  close() {
    this.setData({ sheet: false });
  },

  pick(event: WechatMiniprogram.TouchEvent) {
    const { field, key } = event.currentTarget.dataset as { field: string; key: string };
    this.setData({ chosen: { ...this.data.chosen, [field]: this.data.chosen[field] === key ? '' : key } });
  },

  /** From a list, whose first line is no choice at all. */
  list(event: WechatMiniprogram.CustomEvent<{ value: string | number }>) {
    const field: string = event.currentTarget.dataset.field;
    const options = this.data.filters.find((one) => one.key === field)!.options;
    const option = options[Number(event.detail.value) - 1];
    this.setData({ [`chosen.${field}`]: option?.key ?? '', [`told.${field}`]: option?.label ?? '' });
  },

  put(event: WechatMiniprogram.Input) {
    this.setData({ [`chosen.${event.currentTarget.dataset.field}`]: event.detail.value });
  },

  more() {
    this.setData({ all: true });
  },

  turnSoon() {
    this.setData({ soon: !this.data.soon });
  },

  order(event: WechatMiniprogram.TouchEvent) {
    this.setData({ sort: event.currentTarget.dataset.sort });
  },

  reset() {
    this.setData({ chosen: {}, told: {}, soon: false });
    this.apply();
  },

  apply() {
    const { chosen, soon, sort } = this.data;
    const where = Object.entries(chosen).filter(([, typed]) => typed.trim()).map(([field, typed]) => `&where=${field}:${encodeURIComponent(typed.trim())}`);
    if (where.length > MOST) { this.setData({ wrong: `最多同时按 ${MOST} 个字段筛选，请去掉一些` }); return; }
    this.again({
      sheet: false, narrowed: where.length + (soon ? 1 : 0), sorted: SORTS.find((one) => one.sort === sort)!.name,
      sifted: `sort=${sort}${soon ? '&soon=1' : ''}${where.join('')}`,
    });
  },

  open(event: WechatMiniprogram.TouchEvent) {
    wx.navigateTo({ url: event.currentTarget.dataset.place });
  },

  add() {
    wx.navigateTo({ url: '/pages/record/record?of=customer' });
  },
});

function filterOf(one: Field): Filter {
  const shape = !CHOICES.includes(one.kind) ? 'typed' : one.options.length <= OPEN ? 'open' : 'list';
  return { ...one, shape, names: ['不限', ...one.options.map((option) => option.label)], hint: HINTS[one.kind] ?? '', first: FIRST.includes(one.key) };
}
