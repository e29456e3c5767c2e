import { LOADING, read } from '../../lib/read';
import type { Job, NewJob } from '../../lib/core/jobs';
import { appeal, review, visitDrop, visitReport } from '../../lib/core/work';
import { hand, picture, work } from '../../lib/session';
import { tone, type VisitLine } from '../../lib/visits';
import { moment } from '../../lib/words';

interface Review {
  asked: string;
  asked_at: string;
  words: string;
  decided: string;
  decided_at: string | null;
  verdict_label: string;
  decision_words: string;
}
interface Found extends VisitLine {
  score: number | null;
  signals: string[];
  latitude: number | null;
  reviews: Review[];
  may_report: boolean;
  may_retract: boolean;
  may_appeal: boolean;
  may_review: boolean;
}
type Sheet = 'report' | 'appeal' | 'review';

const TITLES: Record<Sheet, string> = { report: '补写拜访小结', appeal: '补充说明', review: '定这次拜访' };
const VERDICTS = [{ verdict: 'valid', name: '有效' }, { verdict: 'doubtful', name: '存疑' }, { verdict: 'invalid', name: '无效' }];

let silent = (): unknown => undefined;

Page({
  data: {
    ...LOADING,
    id: '', name: '', visit: null as object | null, signals: [] as string[], asks: false, reviews: [] as object[], photos: [] as { id: string; path: string }[],
    may: { report: false, retract: false, appeal: false, review: false },
    kept: [] as object[], waits: false,
    sheet: '' as Sheet | '', title: '', verdicts: VERDICTS, verdict: '', placed: false, here: false, words: '', wrong: '',
  },

  onLoad(query: { id?: string }) {
    this.setData({ id: query.id ?? '' });
  },

  onShow() {
    const queue = work();
    silent();
    if (queue) silent = queue.listen(() => this.heard());
    this.heard();
    this.load();
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
    this.setData(await read<Found>(`/visits/${this.data.id}`, (found) => this.draw(found)));
  },

  /** What was said about this visit and is still on the phone; what has left it is read from the server. */
  heard() {
    const jobs = work()?.unsent().filter((job) => job.path.startsWith(`/visits/${this.data.id}`)) ?? [];
    const fewer = jobs.length < this.data.kept.length;
    this.setData({ kept: jobs.map(line), waits: jobs.some((job) => job.state === 'waiting') });
    if (fewer) this.load();
  },

  draw(found: Found) {
    const rough = found.accuracy_m === null ? '' : `定位误差约 ${Math.round(found.accuracy_m)} 米`;
    this.setData({
      state: 'ready',
      name: found.customer_name,
      visit: {
        label: found.verdict_label, tone: tone(found.verdict), person: found.mine ? '' : found.person,
        at: moment(new Date(found.at)), where: [found.place, found.said, rough].filter(Boolean).join(' · '), why: found.why, report: found.report,
        counts: found.effective ? '算一次有效拜访' : found.verdict === 'valid' && !found.report ? '写了小结才算有效拜访' : '',
        score: found.score === null ? '' : `${found.score} 分`,
      },
      signals: found.signals,
      placed: found.latitude !== null,
      asks: found.mine && found.verdict !== 'valid',
      reviews: found.reviews.map((one) => ({
        head: `${one.asked || '系统'}，${moment(new Date(one.asked_at))}`, words: one.words,
        said: one.decided_at ? `${one.decided} 定为「${one.verdict_label}」，${moment(new Date(one.decided_at))}` : '等主管看', decision: one.decision_words,
      })),
      may: { report: found.may_report, retract: found.may_retract, appeal: found.may_appeal, review: found.may_review },
    });
    void this.fetch(found.photos);
  },

  async fetch(ids: string[]) {
    if (ids.join() === this.data.photos.map((one) => one.id).join()) return;
    this.setData({ photos: ids.map((id) => ({ id, path: '' })) });
    ids.forEach(async (id, index) => {
      const path = await picture(`/uploads/${id}?size=thumb`);
      if (path) this.setData({ [`photos[${index}].path`]: path });
    });
  },

  async look(event: WechatMiniprogram.TouchEvent) {
    const path = await picture(`/uploads/${event.currentTarget.dataset.id}`);
    if (path) wx.previewImage({ current: path, urls: [path] });
    else wx.showToast({ title: '现在看不到这张照片，有网络时再试', icon: 'none' });
  },

  ask(event: WechatMiniprogram.TouchEvent) {
    const sheet = event.currentTarget.dataset.sheet as Sheet;
    this.setData({ sheet, title: TITLES[sheet], words: '', verdict: '', here: false, wrong: '' });
  },

  close() {
    this.setData({ sheet: '' });
  },

  pick(event: WechatMiniprogram.TouchEvent) {
    this.setData({ verdict: event.currentTarget.dataset.verdict, wrong: '' });
  },

  turn() {
    this.setData({ here: !this.data.here });
  },

  write(event: WechatMiniprogram.Input) {
    this.setData({ words: event.detail.value });
  },

  async done() {
    const { id, name, sheet, words, verdict, here } = this.data;
    if (sheet === 'review' && !verdict) { this.setData({ wrong: '请选一个结论' }); return; }
    if (!words.trim() && verdict !== 'valid') { this.setData({ wrong: sheet === 'review' ? '存疑、无效要写一句' : '请写几句' }); return; }
    const said = { report: () => visitReport(id, name, words), appeal: () => appeal(id, name, words), review: () => review(id, name, verdict, words, here && verdict === 'valid') };
    await this.hand(said[sheet as Sheet]());
  },

  async retract() {
    const asked = await wx.showModal({ title: '撤销这次拜访？', content: '撤销后不再算作拜访，要记就重新签到。签到后十分钟内可以撤销。', confirmText: '撤销' });
    if (asked.confirm && await this.hand(visitDrop(this.data.id, this.data.name))) wx.navigateBack();
  },

  /** Whether it is written down. */
  async hand(job: NewJob): Promise<boolean> {
    try {
      await hand(job);
      this.setData({ sheet: '' });
      return true;
    } catch (error) {
      wx.showToast({ title: (error as Error).message, icon: 'none' });
      return false;
    }
  },

  outbox() {
    wx.navigateTo({ url: '/pages/outbox/outbox' });
  },
});

/** Work about this visit that is still on the phone. */
function line({ id, title, state, said }: Job): object {
  const refused = state === 'refused';
  return { id, title, label: refused ? '没有收下' : '待同步', tone: refused ? 'tag-red' : 'tag-blue', message: said?.message ?? '' };
}
