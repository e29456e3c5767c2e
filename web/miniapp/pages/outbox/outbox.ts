import type { Job, State } from '../../lib/core/jobs';
import { work } from '../../lib/session';
import { moment } from '../../lib/words';

interface Line {
  id: string;
  title: string;
  label: string;
  tone: string;
  sub: string;
  message: string;
  again: boolean;
  drop: boolean;
  restore: boolean;
}

const LABELS: Record<Exclude<State, 'sent'>, [string, string]> = {
  draft: ['草稿', ''], waiting: ['待同步', 'tag-blue'], refused: ['没有收下', 'tag-red'], discarded: ['已放弃', ''],
};

let silent = (): unknown => undefined;

Page({
  data: { lines: [] as Line[], waiting: 0, trouble: '', busy: false },

  onShow() {
    const queue = work();
    if (queue) silent = queue.listen(() => this.draw());
    this.draw();
  },

  onHide() {
    silent();
  },

  onUnload() {
    silent();
  },

  draw() {
    const queue = work();
    const jobs = queue ? queue.list().filter((job) => job.state !== 'sent') : [];
    const waiting = jobs.filter((job) => job.state === 'waiting').length;
    this.setData({ lines: jobs.map(line), waiting, trouble: waiting && queue ? queue.trouble : '', busy: queue?.sending ?? false });
  },

  sync() {
    void work()?.flush(true);
    this.draw();
  },

  again(event: WechatMiniprogram.TouchEvent) {
    work()?.handIn(event.currentTarget.dataset.id);
  },

  async drop(event: WechatMiniprogram.TouchEvent) {
    const { id, title } = event.currentTarget.dataset;
    const asked = await wx.showModal({ title: '放弃这一条？', content: `「${title}」不会再发给系统。七天内可以在这里恢复。`, confirmText: '放弃' });
    if (asked.confirm) this.tried(() => work()?.discard(id));
  },

  restore(event: WechatMiniprogram.TouchEvent) {
    this.tried(() => work()?.undoDiscard(event.currentTarget.dataset.id));
  },

  /** It may have been sent between the look and the tap. */
  tried(act: () => void) {
    try {
      act();
    } catch (error) {
      wx.showToast({ title: (error as Error).message, icon: 'none' });
    }
    this.draw();
  },
});

function line(job: Job): Line {
  const { id, title, state, said } = job;
  const [label, tone] = LABELS[state as Exclude<State, 'sent'>];
  const photos = job.photos.length ? `${job.photos.length} 张照片` : '';
  return {
    id, title, label, tone, sub: [moment(new Date(job.made)), photos].filter(Boolean).join(' · '), message: said?.message ?? '',
    again: state === 'refused', drop: state !== 'discarded', restore: state === 'discarded',
  };
}
