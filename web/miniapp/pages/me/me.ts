import type { Person } from '../../lib/core/api';
import { lastPerson, signedIn, signOut, work } from '../../lib/session';

Page({
  data: { person: null as Person | null, initial: '', unsent: 0 },

  onShow() {
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
    const asked = await wx.showModal({ title: '退出登录？', content: '这部手机上读过的资料会清掉，还没同步的内容留着。', confirmText: '退出' });
    if (asked.confirm) await signOut();
  },
});
