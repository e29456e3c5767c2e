import type { Person } from '../../lib/core/api';
import { beforeLeaving } from '../../lib/core/standing';
import { drawBadge, lastPerson, signedIn, signOut, work } from '../../lib/session';

Page({
  data: { person: null as Person | null, initial: '', unsent: 0 },

  onShow() {
    drawBadge();
    this.draw(lastPerson());
    this.setData({ unsent: work()?.unsent().length ?? 0 });
    signedIn().then((person) => this.draw(person), () => undefined);
  },

  draw(person: Person | undefined) {
    if (person) this.setData({ person, initial: person.name.slice(-1) });
  },

  open(event: WechatMiniprogram.TouchEvent) {
    wx.navigateTo({ url: event.currentTarget.dataset.page });
  },

  async leave() {
    const queue = work();
    const content = (queue && beforeLeaving(queue)) || '这部手机上读过的资料会清掉。';
    const asked = await wx.showModal({ title: '退出登录？', content, confirmText: '退出' });
    if (asked.confirm) await signOut();
  },
});
