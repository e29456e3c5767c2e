import { placeOf } from '../../lib/places';
import { LOADING, read } from '../../lib/read';
import { tone, type VisitLine } from '../../lib/visits';
import { moment } from '../../lib/words';

Page({
  data: { ...LOADING, lines: [] as object[], more: false },

  onShow() {
    this.load();
  },

  async onPullDownRefresh() {
    await this.load();
    wx.stopPullDownRefresh();
  },

  async load() {
    this.setData(await read<{ visits: VisitLine[]; next_cursor: string | null }>('/visits/reviews?limit=100', ({ visits, next_cursor }) => {
      this.setData({
        state: 'ready',
        more: next_cursor !== null,
        lines: visits.map((one) => ({
          id: one.id, name: one.customer_name, place: placeOf('visit', one.id), label: one.verdict_label, tone: tone(one.verdict),
          sub: [one.person, moment(new Date(one.at)), one.said || one.why].filter(Boolean).join(' · '),
        })),
      });
    }));
  },

  open(event: WechatMiniprogram.TouchEvent) {
    wx.navigateTo({ url: event.currentTarget.dataset.place });
  },
});
