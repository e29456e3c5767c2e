import { addPhoto, beginVisit, MOST_PHOTOS, nameVisit, removePhoto, writeVisit, type Visit } from '../../lib/core/visits';
import { shownFile } from '../../lib/ports';
import { ask, toldKept, work } from '../../lib/session';
import { customerOf, device } from '../../lib/visits';
import { clockOf, dayOf, moment } from '../../lib/words';

const NO_LEAVE = '没有取到位置的权限。点右上角「···」→「设置」，允许「位置信息」，再点一次。不想给，就写下地点和补签原因';
const NO_FIX = '没有取到位置。走到窗边或室外再点一次；还是取不到，就写下地点和补签原因';
interface Near {
  customer_id: string;
  customer_name: string;
  said: string;
}
const REASONS = ['取不到位置', '当时忘了签到', '手机没电或不在身边'];

const EMPTY: Omit<Visit, 'at' | 'device'> = {
  customer_id: '', latitude: null, longitude: null, datum: 'wgs84', accuracy_m: null, fix_at: null, place: '', report: '', plan_id: '', why: '',
};

Page({
  data: {
    id: '', customer: '', choosing: false, near: [] as Near[],
    fix: '', rough: false, trouble: '', locating: false,
    late: false, place: '', why: '', day: '', clock: '', today: '', reasons: REASONS,
    photos: [] as { n: number; path: string }[], most: MOST_PHOTOS, report: '',
    wrong: '', refused: '',
  },

  whom: { customer_id: '', plan_id: '' },

  /**
   * `id` names a draft to go on with; else the visit may come with its customer and its plan: then with what was begun
   * there today and not handed in.
   */
  onLoad(query: { id?: string; customer?: string; name?: string; plan?: string }) {
    const now = new Date();
    this.whom = { customer_id: query.customer ?? '', plan_id: query.plan ?? '' };
    const id = query.id ?? (query.customer ? this.begun(query.customer) : '');
    this.setData({ id, customer: decodeURIComponent(query.name ?? ''), day: dayOf(now), clock: clockOf(now), today: dayOf(now) });
    this.draw();
  },

  begun(customer: string): string {
    const drafts = work()?.unsent().filter((job) => job.kind === 'visit' && job.state === 'draft') ?? [];
    const today = dayOf(new Date());
    return drafts.map((job) => ({ id: job.id, visit: job.body as unknown as Visit }))
      .find(({ visit }) => visit.customer_id === customer && dayOf(new Date(visit.at)) === today)?.id ?? '';
  },

  /** Named and kept at the first thing that is worth keeping. */
  draft(): string {
    const queue = work();
    if (this.data.id || !queue) return this.data.id;
    const id = beginVisit(queue, this.data.customer, { ...EMPTY, ...this.whom, at: new Date().toISOString(), device: device() });
    this.setData({ id });
    return id;
  },

  draw() {
    const job = work()?.jobs.get(this.data.id);
    if (!job) return;
    const visit = job.body as unknown as Visit;
    const at = new Date(visit.at);
    const taken = visit.fix_at ? moment(new Date(visit.fix_at)) : '';
    this.setData({
      customer: customerOf(job),
      fix: visit.latitude === null ? '' : `${taken} 取到，误差约 ${Math.round(visit.accuracy_m ?? 0)} 米`,
      rough: (visit.accuracy_m ?? 0) > 200,
      late: this.data.late || visit.why !== '',
      place: visit.place, why: visit.why, report: visit.report, day: dayOf(at), clock: clockOf(at),
      photos: job.photos.filter((one) => one.safe).map((one) => ({ n: one.n, path: shownFile(one.name) })),
      refused: job.said?.message ?? '',
    });
  },

  /** One change of the draft: kept, shown, or why it cannot be. */
  async keep(change: (id: string) => void | Promise<void>) {
    try {
      await change(this.draft());
      this.setData({ wrong: '' });
    } catch (error) {
      this.setData({ wrong: (error as Error).message });
    }
    this.draw();
  },

  set(change: Partial<Visit>) {
    const queue = work();
    if (queue) void this.keep((id) => writeVisit(queue, id, change));
  },

  name(customer: string, name: string, plan: string) {
    const queue = work();
    if (queue) void this.keep((id) => nameVisit(queue, id, customer, name, plan));
  },

  choose() {
    this.setData({ choosing: true });
  },

  stay() {
    this.setData({ choosing: false });
  },

  picked(event: WechatMiniprogram.CustomEvent<{ id: string; name: string }>) {
    this.setData({ choosing: false });
    this.name(event.detail.id, event.detail.name, '');
  },

  /** The one place where the phone is asked where it is, and only by a tap. */
  async locate() {
    if (this.data.locating) return;
    this.setData({ locating: true, trouble: '' });
    try {
      const { latitude, longitude, accuracy } = await wx.getLocation({ type: 'wgs84', isHighAccuracy: true });
      const at = new Date().toISOString();
      this.set({ latitude, longitude, accuracy_m: accuracy, datum: 'wgs84', fix_at: at, ...(this.data.late ? {} : { at }) });
      if (!this.data.customer) void this.offer(latitude, longitude);
    } catch (error) {
      const refused = /auth|deny|denied/.test((error as { errMsg?: string }).errMsg ?? '');
      this.setData({ trouble: refused ? NO_LEAVE : NO_FIX, late: true });
    } finally {
      this.setData({ locating: false });
    }
  },

  /** Whoever is around there, where there is a network to ask. */
  async offer(latitude: number, longitude: number) {
    const asked = ask({ method: 'POST', path: '/visits/nearby', body: { latitude, longitude, datum: 'wgs84' } });
    const near = await asked.then(({ body }) => (body as { customers: Near[] }).customers, () => []);
    this.setData({ near });
  },

  take(event: WechatMiniprogram.TouchEvent) {
    const { id, name } = event.currentTarget.dataset;
    this.name(id, name, '');
  },

  afterwards() {
    this.setData({ late: true });
  },

  /** A visit of now again. */
  atOnce() {
    this.setData({ late: false });
    this.set({ why: '', place: '', at: new Date().toISOString() });
  },

  reason(event: WechatMiniprogram.TouchEvent) {
    this.set({ why: event.currentTarget.dataset.why });
  },

  write(event: WechatMiniprogram.Input) {
    this.set({ [event.currentTarget.dataset.into]: event.detail.value });
  },

  when(event: WechatMiniprogram.PickerChange) {
    const chosen = { day: this.data.day, clock: this.data.clock, [event.currentTarget.dataset.into]: event.detail.value };
    this.set({ at: new Date(`${chosen.day}T${chosen.clock}:00`).toISOString() });
  },

  async photograph() {
    const queue = work();
    const room = MOST_PHOTOS - this.data.photos.length;
    const taken = await wx.chooseMedia({ count: room, mediaType: ['image'], sourceType: ['camera'] }).catch(() => null);
    if (!queue || !taken) return;
    for (const { tempFilePath } of taken.tempFiles) await this.keep((id) => addPhoto(queue, id, tempFilePath));
  },

  look(event: WechatMiniprogram.TouchEvent) {
    wx.previewImage({ current: event.currentTarget.dataset.path, urls: this.data.photos.map((one) => one.path) });
  },

  async remove(event: WechatMiniprogram.TouchEvent) {
    const queue = work();
    const asked = await wx.showModal({ title: '去掉这张照片？', content: '', confirmText: '去掉' });
    if (asked.confirm && queue) await this.keep((id) => removePhoto(queue, id, event.currentTarget.dataset.n));
  },

  async giveUp() {
    const asked = await wx.showModal({ title: '放弃这次签到？', content: '取到的位置、照片和写下的都不要了。七天内能在「待同步」里恢复。', confirmText: '放弃' });
    if (!asked.confirm) return;
    work()?.discard(this.data.id);
    wx.navigateBack();
  },

  async save() {
    const queue = work();
    const visit = queue?.jobs.get(this.whom.customer_id ? this.draft() : this.data.id)?.body as Visit | undefined;
    if (!queue || !visit?.customer_id) { this.setData({ wrong: '请先选客户' }); return; }
    if (visit.latitude === null && !visit.why.trim()) {
      this.setData({ late: true, wrong: '请先取位置；取不到就写补签原因' });
      return;
    }
    if (this.data.late && !visit.why.trim()) { this.setData({ wrong: '补签要写原因' }); return; }
    if (new Date(visit.at) > new Date()) { this.setData({ wrong: '拜访时间不能晚于现在' }); return; }
    try {
      queue.handIn(this.data.id);
    } catch (error) {
      this.setData({ wrong: (error as Error).message });
      return;
    }
    await toldKept();
    wx.switchTab({ url: '/pages/visits/visits' });
  },
});
