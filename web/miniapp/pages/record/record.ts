import { addFile } from '../../lib/attachments';
import { Refused } from '../../lib/core/api';
import { handIn, LATER } from '../../lib/handing';
import { placeOf } from '../../lib/places';
import { LOADING, read, type Reading } from '../../lib/read';
import { call, newKey } from '../../lib/session';

interface Option { key: string; label: string }
interface Field {
  key: string; label: string; kind: string; help: string; always: boolean; required_at: string[]; options: Option[]; starts_as: string; may_read: boolean; may_edit: boolean;
}
interface Form { groups: { key: string; label: string; fields: Field[] }[] }
interface Held { name: string; fields: { key: string; shown: string; keys: string[]; missing: boolean; may_edit: boolean }[] }
/** `value` is what is sent: text, the keys of what was chosen joined by 「、」, a file's id; `seen` what was read of it. */
interface Asked extends Field { value: string; first: string; seen: string; told: string; needed: string; chosen: Record<string, boolean>; names: string[] }

/** A customer of ours that may be meant; a colleague's has neither id nor name. `settled`: it is the same, and nobody can say that it is another. */
interface Hit { id: string | null; name: string; owner: string; settled: boolean; reason: string }

const NAMES: Record<string, string> = { customer: '客户', contact: '联系人', deal: '商机' };
const CHOICES = ['select', 'person'];
const JOIN = '、';

Page({
  data: { ...LOADING, of: 'customer', id: '', customer: '', groups: [] as { key: string; label: string; fields: Asked[] }[], wrongs: {} as Record<string, string>, wrong: '', busy: false, hits: [] as object[], anyway: '' },

  key: '',
  made: {} as Record<string, string | string[]>,

  onLoad(query: { of?: string; id?: string; customer?: string }) {
    const of = query.of && query.of in NAMES ? query.of : 'customer';
    this.setData({ of, id: query.id ?? '', customer: query.customer ?? '' });
    wx.setNavigationBarTitle({ title: `${query.id ? '修改' : of === 'contact' ? '添加' : '新建'}${NAMES[of]}` });
    this.key = newKey();
    this.load();
  },

  async load() {
    const { of, id } = this.data;
    let form: Form | null = null;
    let held: Held | null = null;
    let reading: Reading = await read<Form>(`/fields?of=${of}`, (found) => { form = found; });
    if (form && id) reading = await read<Held>(of === 'contact' ? `/contacts/${id}` : `/customers/${id}`, (found) => { held = found; });
    if (form && (held || !id)) this.draw(form, held);
    this.setData(reading);
  },

  draw({ groups }: Form, held: Held | null) {
    const drawn = groups.map((group) => ({ ...group, fields: group.fields.filter((one) => this.edits(one, held)).map((one) => this.asked(one, held)) }));
    this.setData({ groups: drawn.filter((group) => group.fields.length) });
  },

  edits(one: Field, held: Held | null): boolean {
    if (held) return one.may_edit && (held.fields.find((value) => value.key === one.key)?.may_edit ?? false);
    return one.may_edit && one.kind !== 'attachment'; // a file hangs on a record that is there
  },

  asked(one: Field, held: Held | null): Asked {
    const value = held?.fields.find((field) => field.key === one.key);
    const chooses = [...CHOICES, 'multi_select', 'attachment'].includes(one.kind);
    const start = one.options.find((option) => option.key === one.starts_as || option.label === one.starts_as)?.key ?? one.starts_as;
    const now = value ? (chooses ? value.keys.join(JOIN) : value.shown) : start;
    const needed = one.always ? '必填' : value?.missing ? '这个阶段要填' : '';
    return { ...one, value: now, first: now, seen: one.kind === 'attachment' ? now : value?.shown ?? '', needed, ...this.told(one, now, value?.shown ?? ''), names: ['不填', ...one.options.map((option) => option.label)] };
  },

  told(one: Field, value: string, otherwise: string): { told: string; chosen: Record<string, boolean> } {
    const keys = value.split(JOIN).filter(Boolean);
    const labels = keys.map((key) => one.options.find((option) => option.key === key)?.label ?? otherwise);
    return { told: one.kind === 'date' ? value : one.kind === 'attachment' ? otherwise : labels.join(JOIN), chosen: Object.fromEntries(keys.map((key) => [key, true])) };
  },

  at(event: { currentTarget: { dataset: Record<string, any> } }): [string, Asked] {
    const { group, place } = event.currentTarget.dataset;
    return [`groups[${group}].fields[${place}]`, this.data.groups[group]!.fields[place]!];
  },

  set(path: string, one: Asked, value: string, otherwise = '') {
    this.setData({ [path]: { ...one, value, ...this.told(one, value, otherwise) }, [`wrongs.${one.key}`]: '' });
  },

  type(event: WechatMiniprogram.Input) {
    const [path] = this.at(event);
    this.setData({ [`${path}.value`]: event.detail.value });
  },

  pick(event: WechatMiniprogram.CustomEvent<{ value: string | number }>) {
    const [path, one] = this.at(event);
    this.set(path, one, one.options[Number(event.detail.value) - 1]?.key ?? '');
  },

  day(event: WechatMiniprogram.CustomEvent<{ value: string }>) {
    const [path, one] = this.at(event);
    this.set(path, one, event.detail.value);
  },

  turn(event: WechatMiniprogram.TouchEvent) {
    const [path, one] = this.at(event);
    const key: string = event.currentTarget.dataset.key;
    const chosen: Record<string, boolean> = { ...one.chosen, [key]: !one.chosen[key] };
    this.set(path, one, one.options.filter((option) => chosen[option.key]).map((option) => option.key).join(JOIN));
  },

  async attach(event: WechatMiniprogram.TouchEvent) {
    const [path, one] = this.at(event);
    try {
      const made = await addFile(this.data.customer || this.data.id);
      if (made) this.set(path, one, made.id, made.name);
    } catch (error) {
      this.setData({ [`wrongs.${one.key}`]: (error as Error).message });
    }
  },

  /** Whether nothing of ours is like the new customer; else the page shows what is. */
  async alone(): Promise<boolean> {
    const { name, uscc = '', phone = '', website = '' } = this.made;
    const { hits } = await call<{ hits: Hit[] }>('POST', '/lookups', newKey(), { name, uscc, phone, website });
    const mine = hits.some((one) => one.settled && one.id);
    const theirs = hits.some((one) => one.settled && !one.id);
    this.setData({
      hits: hits.map((one) => ({ ...one, name: one.name || '同事的客户', sub: [one.owner, one.reason].filter(Boolean).join(' · ') })),
      anyway: mine ? '' : theirs ? '请双方主管裁定' : '不是同一家，仍要新建',
    });
    return hits.length === 0;
  },

  async make(anyway: boolean) {
    const made = await call<{ id: string }>('POST', '/customers', this.key, { fields: this.made, anyway });
    wx.redirectTo({ url: `/pages/customer/customer?id=${made.id}` });
  },

  async makeAnyway() {
    if (this.data.busy) return;
    this.setData({ busy: true });
    try {
      await this.make(true);
    } catch (error) {
      this.refuse(error as Error);
    } finally {
      this.setData({ busy: false, hits: [] });
    }
  },

  closeHits() {
    if (!this.data.busy) this.setData({ hits: [] });
  },

  openHit(event: WechatMiniprogram.TouchEvent) {
    const { id } = event.currentTarget.dataset;
    if (id) wx.redirectTo({ url: `/pages/customer/customer?id=${id}` });
  },

  refuse(error: Error) {
    if (error instanceof Refused) this.key = newKey(); // what is sent next is another request
    this.setData({ wrong: error.message, wrongs: error instanceof Refused ? error.fields : {} });
  },

  /** A new deal waits on the phone where nobody answers; what it is called and its amount stand apart from its other fields. */
  async open({ name, amount, ...fields }: Record<string, string | string[]>) {
    const body = { name, amount: amount ?? '0', ...(Object.keys(fields).length ? { fields } : {}) };
    const job = await handIn({ kind: 'deal', title: `商机 ${name}`, method: 'POST', path: `/customers/${this.data.customer}/deals`, body });
    if (job.said) { this.setData({ wrong: job.said.message, wrongs: job.said.fields }); return; }
    if (job.state === 'sent') { wx.redirectTo({ url: placeOf('deal', String(job.answer?.id)) }); return; }
    wx.navigateBack();
    wx.showToast({ title: LATER, icon: 'none', duration: 3000 });
  },

  /** Only what was changed is sent, with what was read of it: nobody else's change is written over. */
  async save() {
    if (this.data.busy) return;
    const { of, id, customer } = this.data;
    const all = this.data.groups.flatMap((group) => group.fields);
    const changed = all.filter((one) => (id ? one.value !== one.first : one.value !== ''));
    const lacking = all.filter((one) => one.always && !one.value.trim());
    if (lacking.length) { this.setData({ wrongs: Object.fromEntries(lacking.map((one) => [one.key, `请填写${one.label}`])), wrong: '有必填的还没填' }); return; }
    if (!changed.length) { wx.navigateBack(); return; }
    const fields = Object.fromEntries(changed.map((one) => [one.key, one.kind === 'multi_select' ? one.value.split(JOIN).filter(Boolean) : one.value]));
    const seen = Object.fromEntries(changed.map((one) => [one.key, one.seen]));
    this.setData({ busy: true, wrong: '', wrongs: {} });
    try {
      if (of === 'deal') { await this.open(fields); return; }
      if (id) await call('PATCH', of === 'contact' ? `/contacts/${id}` : `/customers/${id}`, this.key, { fields, seen });
      else if (of === 'contact') await call('POST', `/customers/${customer}/contacts`, this.key, { fields });
      else {
        this.made = fields;
        if (await this.alone()) await this.make(false);
        return;
      }
      wx.navigateBack();
    } catch (error) {
      this.refuse(error as Error);
    } finally {
      this.setData({ busy: false });
    }
  },
});
