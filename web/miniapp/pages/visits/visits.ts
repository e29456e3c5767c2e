import { distance } from '../../lib/core/format';
import type { Job } from '../../lib/core/jobs';
import { standing } from '../../lib/core/standing';
import { plan, planChange, planDrop } from '../../lib/core/work';
import { placeOf } from '../../lib/places';
import { LOADING, read, type Reading } from '../../lib/read';
import { drawBadge, lastPerson, work } from '../../lib/session';
import { customerOf, tone, type Plan, type VisitLine } from '../../lib/visits';
import { dayInWords, dayOf, moment } from '../../lib/words';

interface Stop {
  customer_name: string;
  at: string | null;
  metres: number | null;
}
interface Route {
  planned: Stop[];
  actual: Stop[];
  planned_metres: number;
  actual_metres: number;
  done: number;
}
interface Member {
  userid: string;
  name: string;
  count: number;
}
const CHECK_IN = '/pages/checkin/checkin';
const REVIEWS = '/visits/reviews?limit=20';
const DAY = 24 * 60 * 60 * 1000; // ms

let silent = (): unknown => undefined;

Page({
  data: {
    ...LOADING,
    day: '', named: '', today: true, person: '', who: '', team: [] as Member[],
    badge: '', waiting: 0, trouble: '', busy: false, onPhone: 0,
    plans: [] as Plan[], kept: [] as object[], visits: [] as object[], reviews: '',
    sums: '', planned: [] as object[], actual: [] as object[], choosing: false,
  },

  onLoad() {
    this.setData({ day: dayOf(new Date()) });
  },

  onShow() {
    const queue = work();
    silent();
    if (queue) silent = queue.listen(() => this.heard());
    this.heard();
    drawBadge();
    void this.load();
  },

  onHide() {
    silent();
  },

  onUnload() {
    silent();
  },

  async onPullDownRefresh() {
    await this.load();
    wx.stopPullDownRefresh();
  },

  async load() {
    const { day } = this.data;
    const now = dayOf(new Date());
    this.setData({ named: dayInWords(new Date(`${day}T00:00:00`)), today: day === now });
    const me = lastPerson();
    const person = this.data.person || (me?.userid ?? '');
    const still = (draw: () => void): void => { if (day === this.data.day && person === (this.data.person || me?.userid)) draw(); };
    const readings: Reading[] = await Promise.all([
      read<{ plans: Plan[] }>(`/visit-plans?day=${day}&person=${this.data.person}`, (found) => still(() => this.drawPlans(found.plans))),
      read<{ visits: VisitLine[] }>(`/visits?day=${day}&person=${person}&limit=100`, (found) => still(() => this.drawVisits(found.visits))),
      read<Route>(`/route?day=${day}&person=${this.data.person}`, (found) => still(() => this.drawRoute(found))),
    ]);
    await read<{ visits: VisitLine[]; next_cursor: string | null }>(REVIEWS, ({ visits, next_cursor }) => {
      this.setData({ reviews: visits.length ? `${visits.length}${next_cursor ? '+' : ''}` : '' });
    });
    if (me && me.role !== 'rep') await read<{ visits: VisitLine[] }>(`/visits?day=${day}&limit=100`, ({ visits }) => still(() => this.drawTeam(visits)));
    still(() => this.setData(readings.find((one) => one.state !== 'ready') ?? readings.find((one) => one.stale) ?? readings[0]!));
  },

  /** What the phone still holds has changed; what has left it is read from the server. */
  heard() {
    const queue = work();
    if (!queue) return;
    const jobs = queue.unsent();
    const kept = jobs.filter((job) => job.path.startsWith('/visits'));
    const fewer = jobs.length < this.data.onPhone;
    const { badge, waiting } = standing(queue);
    this.setData({ badge, waiting, trouble: badge ? queue.trouble : '', busy: queue.sending, onPhone: jobs.length, kept: kept.map(line) });
    if (fewer) void this.load();
  },

  drawPlans(plans: Plan[]) {
    this.setData({
      plans: plans.map((one, index) => ({ ...one, number: index + 1, title: `${one.customer_name}${one.visit_id ? '，已去' : ''}` })),
    });
  },

  drawVisits(visits: VisitLine[]) {
    this.setData({
      visits: visits.map((one) => ({
        id: one.id, name: one.customer_name, place: placeOf('visit', one.id), label: one.verdict_label, tone: tone(one.verdict), late: one.why !== '',
        sub: [moment(new Date(one.at)), one.said || one.place, one.photos.length ? `${one.photos.length} 张照片` : ''].filter(Boolean).join(' · '),
        report: one.report, missing: one.report ? '' : '还没写小结',
      })),
    });
  },

  /** Who of those whose visits this person judges was out on this day. */
  drawTeam(visits: VisitLine[]) {
    const team = new Map<string, Member>();
    for (const { mine, userid, person } of visits) if (!mine) team.set(userid, { userid, name: person, count: (team.get(userid)?.count ?? 0) + 1 });
    this.setData({ team: [...team.values()] });
  },

  /** The same day of a colleague, or one's own again. */
  see(event: WechatMiniprogram.TouchEvent) {
    const { userid, name } = event.currentTarget.dataset;
    this.setData({ ...LOADING, person: userid, who: name, plans: [], visits: [], planned: [], actual: [] });
    void this.load();
  },

  drawRoute({ planned, actual, planned_metres, actual_metres, done }: Route) {
    const stops = (all: Stop[]): object[] => all.map((one, index) => ({
      key: `${index}`, number: index + 1, name: one.customer_name,
      sub: [one.at ? moment(new Date(one.at)) : '', one.metres === null ? '' : `离上一站 ${distance(one.metres)}`].filter(Boolean).join(' · '),
    }));
    this.setData({
      sums: [
        `计划 ${planned.length} 家`, planned_metres ? distance(planned_metres) : '', `去了 ${actual.length} 家`, actual_metres ? distance(actual_metres) : '',
        planned.length ? `完成 ${done} / ${planned.length}` : '',
      ].filter(Boolean).join(' · '),
      planned: stops(planned), actual: stops(actual),
    });
  },

  turn(event: WechatMiniprogram.TouchEvent) {
    const noon = new Date(`${this.data.day}T12:00:00`).getTime();
    this.setData({ ...LOADING, day: dayOf(new Date(noon + event.currentTarget.dataset.days * DAY)), plans: [], visits: [], planned: [], actual: [], team: [] });
    void this.load();
  },

  sync() {
    void work()?.flush(true);
    this.heard();
  },

  review() {
    wx.navigateTo({ url: '/pages/reviews/reviews' });
  },

  checkIn() {
    wx.navigateTo({ url: CHECK_IN });
  },

  goOn(event: WechatMiniprogram.TouchEvent) {
    const { id, open } = event.currentTarget.dataset;
    wx.navigateTo({ url: open ? `${CHECK_IN}?id=${id}` : '/pages/outbox/outbox' });
  },

  open(event: WechatMiniprogram.TouchEvent) {
    const { place } = event.currentTarget.dataset;
    if (place) wx.navigateTo({ url: place });
  },

  go(event: WechatMiniprogram.TouchEvent) {
    const { id, customer, name } = event.currentTarget.dataset;
    wx.navigateTo({ url: `${CHECK_IN}?customer=${customer}&name=${encodeURIComponent(name)}&plan=${id}` });
  },

  choose() {
    this.setData({ choosing: true });
  },

  stay() {
    this.setData({ choosing: false });
  },

  picked(event: WechatMiniprogram.CustomEvent<{ id: string; name: string }>) {
    this.setData({ choosing: false });
    work()?.add(plan(event.detail.id, event.detail.name, this.data.day, ''));
    this.heard();
  },

  /** What may be done with one plan. */
  async change(event: WechatMiniprogram.TouchEvent) {
    if (this.data.person) return;
    const { id, name, index } = event.currentTarget.dataset;
    const acts = [['往前挪', index > 0], ['往后挪', index < this.data.plans.length - 1], ['不去了', true]].filter(([, may]) => may).map(([words]) => String(words));
    const chosen = await wx.showActionSheet({ itemList: acts }).catch(() => null);
    if (!chosen) return;
    const act = acts[chosen.tapIndex];
    if (act === '不去了') work()?.add(planDrop(id, name));
    else {
      const [one, other] = [this.data.plans[index], this.data.plans[act === '往前挪' ? index - 1 : index + 1]] as [Plan, Plan];
      work()?.add(planChange(one.id, one.customer_name, { place: other.place }));
      work()?.add(planChange(other.id, other.customer_name, { place: one.place }));
    }
    this.heard();
  },
});

/** A visit, or what was said about one, that is still on the phone. */
function line(job: Job): object {
  const [label, tag] = { draft: ['没写完', ''], waiting: ['待同步', 'tag-blue'], refused: ['没有收下', 'tag-red'] }[job.state as 'draft' | 'waiting' | 'refused'];
  const photos = job.photos.length ? `${job.photos.length} 张照片` : '';
  return {
    id: job.id, name: job.kind !== 'visit' ? job.title : customerOf(job) || '还没选客户', label, tone: tag, open: job.kind === 'visit' && job.state !== 'waiting', message: job.said?.message ?? '',
    sub: [moment(new Date(job.made)), photos, job.state === 'waiting' ? '已存在手机上，有网自动上传' : ''].filter(Boolean).join(' · '),
  };
}
