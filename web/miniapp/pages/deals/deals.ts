import { money } from '../../lib/core/format';
import { placeOf } from '../../lib/places';
import { LOADING, read } from '../../lib/read';
import { moment } from '../../lib/words';

interface Card {
  id: string;
  name: string;
  customer: string;
  owner: string;
  amount: string;
  days: number;
  limit: number;
  colour: string;
  colour_label: string;
  snoozed_until: string | null;
  due: { kind_label: string; due_at: string } | null;
}
interface Lane {
  stage: string;
  label: string;
  total: number;
  yellow: number;
  red: number;
  amount: string;
  page: number;
  pages: number;
  cards: Card[];
}
interface Board {
  scopes: string[];
  pipelines: string[];
  total: number;
  amount: string;
  columns: Lane[];
}

const SCOPES: Record<string, string> = { mine: '我的', team: '团队', all: '全部' };
const COLOURS = [{ colour: '', name: '全部' }, { colour: 'red', name: '红牌' }, { colour: 'yellow', name: '黄牌' }, { colour: 'green', name: '正常' }];

Page({
  data: {
    ...LOADING,
    scopes: [] as { scope: string; name: string }[], scope: '', pipelines: [] as string[], pipeline: 0,
    colours: COLOURS, colour: '', total: 0, sum: '',
    stages: [] as object[], stage: '', cards: [] as object[], page: 1, pages: 1,
  },

  onShow() {
    this.load();
  },

  async onPullDownRefresh() {
    await this.load();
    wx.stopPullDownRefresh();
  },

  onReachBottom() {
    if (this.data.state === 'ready' && this.data.page < this.data.pages) this.more();
  },

  asked() {
    const { scope, colour, pipeline, pipelines } = this.data;
    const name = pipeline ? pipelines[pipeline] ?? '' : '';
    return `scope=${scope}&colour=${colour}&pipeline=${encodeURIComponent(name)}`;
  },

  /** Other filters may have been chosen while these were read: then nobody waits for them any more. */
  async load() {
    const asked = this.asked();
    const reading = await read<Board>(`/board?${asked}`, (found) => { if (asked === this.asked()) this.draw(found); });
    if (asked === this.asked()) this.setData(reading);
  },

  async more() {
    const asked = `${this.asked()}&stage=${this.data.stage}&page=${this.data.page + 1}`;
    await read<Board>(`/board?${asked}`, ({ columns: [lane] }) => {
      const next = `${this.asked()}&stage=${this.data.stage}&page=${this.data.page + 1}`;
      if (lane && asked === next) this.setData({ cards: [...this.data.cards, ...lane.cards.map(shown)], page: lane.page, pages: lane.pages });
    });
  },

  lanes: [] as Lane[],

  draw(found: Board) {
    this.lanes = found.columns;
    const there = found.columns.find((one) => one.stage === this.data.stage) ?? found.columns.find((one) => one.total) ?? found.columns[0];
    this.setData({
      state: 'ready',
      scopes: found.scopes.map((scope) => ({ scope, name: SCOPES[scope] ?? scope })),
      scope: this.data.scope, pipelines: ['全部流程', ...found.pipelines],
      total: found.total, sum: money(found.amount),
      stages: found.columns.map((one) => ({ ...one, sum: one.total ? money(one.amount) : '' })),
      ...stage(there),
    });
  },

  turn(event: WechatMiniprogram.TouchEvent) {
    this.setData(stage(this.lanes.find((one) => one.stage === event.currentTarget.dataset.stage)));
  },

  chooseScope(event: WechatMiniprogram.TouchEvent) {
    this.again({ scope: event.currentTarget.dataset.scope });
  },

  chooseColour(event: WechatMiniprogram.TouchEvent) {
    this.again({ colour: event.currentTarget.dataset.colour });
  },

  choosePipeline(event: WechatMiniprogram.PickerChange) {
    this.again({ pipeline: Number(event.detail.value) });
  },

  again(filters: object) {
    this.setData({ ...LOADING, ...filters });
    this.load();
  },

  open(event: WechatMiniprogram.TouchEvent) {
    wx.navigateTo({ url: event.currentTarget.dataset.place });
  },
});

function stage(lane: Lane | undefined) {
  return lane ? { stage: lane.stage, cards: lane.cards.map(shown), page: 1, pages: lane.pages } : { stage: '', cards: [], page: 1, pages: 1 };
}

function shown(one: Card) {
  return {
    id: one.id, name: one.name, place: placeOf('deal', one.id),
    sum: money(one.amount),
    sub: `${one.customer} · ${one.owner}`,
    tone: { red: 'tag-red', yellow: 'tag-amber', green: 'tag-green' }[one.colour] ?? '',
    word: one.snoozed_until ? '暂缓' : one.colour === 'green' ? '正常' : one.colour_label,
    days: `在这一步 ${one.days} 个工作日，一般 ${one.limit} 个以内`,
    due: one.due ? `${one.due.kind_label} ${moment(new Date(one.due.due_at))}` : '',
    late: one.due !== null && new Date(one.due.due_at) < new Date(),
  };
}
