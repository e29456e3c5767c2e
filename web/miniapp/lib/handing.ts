// Work that goes to the server at once where it can, and waits on the phone where it cannot.
import type { Job, NewJob } from './core/jobs';
import { work } from './session';

/**
 * The work as it stands after the first attempt: `sent`, or `waiting` where nobody answered. What the server refused comes as the
 * Job's `said` and is not kept: whoever handed it in still has it before him.
 */
export async function handIn(what: NewJob): Promise<Job> {
  const queue = work();
  if (!queue) throw new Error('还没有登录。请联网打开一次，再来记');
  const id = queue.add(what);
  await queue.flush(true);
  const job = queue.jobs.get(id)!;
  if (job.state === 'refused') queue.discard(id);
  return job;
}

export const LATER = '没有网络，已存在手机上，联网后自动发出';
