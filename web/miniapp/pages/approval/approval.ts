import { tone, type Approval } from '../../lib/approvals';
import { money } from '../../lib/core/format';
import { LOADING, read } from '../../lib/read';
import { call, newKey } from '../../lib/session';
import { moment } from '../../lib/words';

interface Signer {
  step: number;
  name: string;
  in_place_of: string;
  state: string;
  state_label: string;
  signed_at: string | null;
  words: string;
}
interface Found {
  approval: Approval;
  reason: string;
  signers: Signer[];
  notes: { by: string; told: string; words: string; at: string }[];
  mine: boolean;
}
interface Signed {
  said: string;
}

const REASONS = [
  { why: 'price', name: '价格太低' }, { why: 'terms', name: '条款不行' }, { why: 'papers', name: '资料不全' },
  { why: 'risk', name: '客户有风险' }, { why: 'timing', name: '时机不对' }, { why: 'other', name: '其他原因' },
];

Page({
  data: {
    ...LOADING,
    id: '', approval: null as (Approval & { sum: string; tone: string; asked: string }) | null,
    reason: '', signers: [] as object[], notes: [] as object[], mine: false,
    reasons: REASONS, verdict: '', why: '', words: '', wrong: '', busy: false,
  },

  onLoad(query: { id?: string }) {
    this.setData({ id: query.id ?? '' });
  },

  onShow() {
    this.load();
  },

  async onPullDownRefresh() {
    await this.load();
    wx.stopPullDownRefresh();
  },

  async load() {
    this.setData(await read<Found>(`/approvals/${this.data.id}`, (found) => this.draw(found)));
  },

  draw({ approval, reason, signers, notes, mine }: Found) {
    this.setData({
      state: 'ready',
      approval: { ...approval, sum: money(approval.amount), tone: tone(approval.state), asked: `${approval.asked_by}，${moment(new Date(approval.asked_at))}` },
      reason,
      mine: mine && approval.state === 'waiting',
      signers: signers.map((one) => ({
        ...one,
        tone: { asked: 'tag-amber', approved: 'tag-green', rejected: 'tag-red' }[one.state] ?? '',
        sub: [one.in_place_of && `代 ${one.in_place_of}`, one.signed_at && moment(new Date(one.signed_at))].filter(Boolean).join(' · '),
      })),
      notes: notes.map((one) => ({ ...one, head: `${one.by}${one.told ? ` → ${one.told}` : ''} · ${moment(new Date(one.at))}` })),
    });
  },

  ask(event: WechatMiniprogram.TouchEvent) {
    this.setData({ verdict: event.currentTarget.dataset.verdict, why: '', words: '', wrong: '' });
  },

  close() {
    if (!this.data.busy) this.setData({ verdict: '' });
  },

  pick(event: WechatMiniprogram.TouchEvent) {
    this.setData({ why: event.currentTarget.dataset.why, wrong: '' });
  },

  write(event: WechatMiniprogram.Input) {
    this.setData({ words: event.detail.value });
  },

  async decide() {
    const { verdict, why, words } = this.data;
    if (verdict === 'reject' && !why) { this.setData({ wrong: '请选一个驳回的原因' }); return; }
    await this.act('decide', verdict === 'reject' ? { verdict, why, words } : { verdict, words });
  },

  nudge() {
    return this.act('nudge');
  },

  async withdraw() {
    const asked = await wx.showModal({ title: '撤回这次审批？', content: '撤回后，要再推进就重新提交。', confirmText: '撤回' });
    if (asked.confirm) await this.act('withdraw');
  },

  /** One act on this approval: told in a word and shown as it is now, or why it was not done. */
  async act(what: string, body?: object) {
    if (this.data.busy) return;
    this.setData({ busy: true, wrong: '' });
    try {
      const { said } = await call<Signed>('POST', `/approvals/${this.data.id}/${what}`, newKey(), body);
      this.setData({ verdict: '' });
      wx.showToast({ title: said, icon: 'none', duration: 2500 });
      await this.load();
    } catch (error) {
      const { message } = error as Error;
      if (this.data.verdict) this.setData({ wrong: message });
      else wx.showToast({ title: message, icon: 'none', duration: 3000 });
    } finally {
      this.setData({ busy: false });
    }
  },
});
