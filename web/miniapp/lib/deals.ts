// What one deal is on the phone: as the API tells it, and as its page draws it.
import { money } from './core/format';
import { moment } from './words';

export interface Rung {
  key: string;
  label: string;
  kind: 'open' | 'won' | 'lost' | 'shelved';
}
interface Missing {
  lack: string;
  stage: string;
  kind: string | null;
  told: string;
  how: string;
}
interface Proof {
  id: string;
  stage: string;
  kind_label: string;
  file: string;
  by: string;
  at: string;
  sealed: boolean;
}
interface Milestone {
  id: string;
  kind: string;
  kind_label: string;
  due_at: string;
  note: string;
  done_at: string | null;
}
export interface Field {
  key: string;
  label: string;
  kind: string;
  shown: string;
  may_edit: boolean;
}
export interface Deal {
  id: string;
  customer_id: string;
  customer: string;
  name: string;
  amount: string;
  owner: string;
  stage: string;
  ended_for: string | null;
  competitor: string;
  ladder: Rung[];
  towards: string | null;
  missing: Missing[];
  evidence: Proof[];
  history: { stage: string; since: string; days: number; by: string; reason: string; forced: boolean }[];
  milestones: Milestone[];
  may_write: boolean;
  may_force: boolean;
  undo_until: string | null;
  approval_id: string | null;
  beside: { told: string; stage_days: number; limit: number; colour: string } | null;
  fields: Field[];
}

/** Why a deal was won or lost. */
export const REASONS = [
  { why: 'price', name: '价格' }, { why: 'technology', name: '技术' }, { why: 'delivery', name: '交期' }, { why: 'relationship', name: '关系' },
  { why: 'service', name: '服务' }, { why: 'budget', name: '预算' }, { why: 'other', name: '其他' },
];
const WRITTEN = ['text', 'long_text', 'number', 'money', 'date']; // what is written in one box; the others on a computer
const COLOURS: Record<string, [string, string]> = { red: ['tag-red', '红牌'], yellow: ['tag-amber', '黄牌'], green: ['tag-green', '正常'] };
const ENDS: Record<string, string> = { won: 'tag-green', lost: 'tag-red', shelved: '' };

/** That its newest move may be taken back, and till when; "" where it may not. */
export function undoOf({ ladder, stage, undo_until }: Deal): string {
  return undo_until ? `刚到「${ladder.find((one) => one.key === stage)?.label}」，${moment(new Date(undo_until))} 前可以撤销` : '';
}

/** What the page's template shows of it. */
export function drawn(deal: Deal) {
  const here = deal.ladder.find((one) => one.key === deal.stage);
  const open = deal.ladder.filter((one) => one.kind === 'open');
  const at = open.findIndex((one) => one.key === deal.stage);
  const missing = deal.missing.filter((one) => one.lack !== 'approval' || !deal.approval_id); // the page says above that it waits
  const ended = here !== undefined && here.kind !== 'open';
  const [tone, word] = COLOURS[deal.beside?.colour ?? ''] ?? ['', ''];
  return {
    name: deal.name, customer: deal.customer, owner: deal.owner,
    sum: money(deal.amount), told: deal.beside?.told ?? '', approval: deal.approval_id ?? '',
    here: here?.label ?? '', ended, mine: deal.may_write,
    tone: ended ? ENDS[here.kind] : tone, word: ended ? here.label : word,
    why: deal.ended_for ? `主要原因：${REASONS.find((one) => one.why === deal.ended_for)?.name}，竞争对手：${deal.competitor}` : '',
    days: deal.beside ? `这一步已 ${deal.beside.stage_days} 个工作日，一般 ${deal.beside.limit} 个以内` : '',
    next: deal.approval_id && !missing.length ? '' : deal.ladder.find((one) => one.key === deal.towards)?.label ?? '',
    forces: deal.may_force && deal.may_write,
    missing: missing.map((one) => ({ ...one, handed: one.lack === 'evidence' && deal.may_write, words: one.lack === 'evidence' ? '' : one.how })),
    ladder: open.map((one, place) => ({
      ...one,
      state: ended ? (here.kind === 'won' ? 'done' : '') : place < at ? 'done' : place === at ? 'on' : '',
      proofs: deal.evidence.filter((proof) => proof.stage === one.label).map((proof) => ({ ...proof, sub: `${proof.kind_label} · ${proof.by} ${moment(new Date(proof.at))}` })),
    })),
    milestones: deal.milestones.map((one) => ({
      ...one,
      when: moment(new Date(one.due_at)), late: !one.done_at && new Date(one.due_at) < new Date(),
      sub: [one.note, one.done_at && `${moment(new Date(one.done_at))} 办完`].filter(Boolean).join(' · '),
    })),
    fields: deal.fields.map((one) => ({ ...one, tap: deal.may_write && one.may_edit && WRITTEN.includes(one.kind) })),
    history: deal.history.map((one) => ({ ...one, sub: [`${moment(new Date(one.since))}，${one.by}`, `停留 ${one.days} 个工作日`, one.forced && '主管放行', one.reason].filter(Boolean).join(' · ') })),
  };
}
