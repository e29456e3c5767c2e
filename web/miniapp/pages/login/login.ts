import { signInAgain } from '../../lib/session';

const HOME = '/pages/today/today';

Page({
  data: { why: '', left: false, busy: false },

  onLoad(query: { why?: string; left?: string }) {
    this.setData({ why: decodeURIComponent(query.why ?? ''), left: query.left === '1' });
  },

  async enter() {
    this.setData({ busy: true });
    try {
      await signInAgain();
      wx.reLaunch({ url: HOME });
    } catch (error) {
      this.setData({ busy: false, why: (error as Error).message, left: false });
    }
  },
});
