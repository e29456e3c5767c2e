// What the queue holds, in the words of a badge and of the question before leaving.
import type { Queue } from './queue';

export interface Standing {
  /** Go by themselves. */
  waiting: number;
  /** Want a person. */
  refused: number;
  drafts: number;
  /** 「待同步 3」, 「待同步 3 · 1 条没有收下」, or "". */
  badge: string;
}

export function standing(queue: Queue): Standing {
  const jobs = queue.unsent();
  const count = (state: string): number => jobs.filter((job) => job.state === state).length;
  const [waiting, refused, drafts] = [count('waiting'), count('refused'), count('draft')];
  const badge = [waiting ? `待同步 ${waiting}` : '', refused ? `${refused} 条没有收下` : ''].filter(Boolean).join(' · ');
  return { waiting, refused, drafts, badge };
}

/** What to ask a person who wants to sign out; "" where nothing would stay behind. */
export function beforeLeaving(queue: Queue): string {
  const { waiting, refused, drafts } = standing(queue);
  const parts = [waiting ? `${waiting} 条等着同步` : '', refused ? `${refused} 条没有收下` : '', drafts ? `${drafts} 条草稿` : ''].filter(Boolean);
  return parts.length ? `还有 ${parts.join('、')}。退出后它们留在这台手机上，别人看不到也不会发出，您再登录时接着发。确定退出吗？` : '';
}
