// A visit as it is written down at the customer's: by hand, by camera, with or without a network.
import type { Job, Photo } from './jobs';
import { NotNow, type Queue } from './queue';

export const MOST_PHOTOS = 9;

/** What the phone found out by itself or the person wrote; times are ISO 8601 with a zone, degrees are of `datum`. */
export interface Visit {
  customer_id: string;
  latitude: number | null;
  longitude: number | null;
  datum: 'gcj02' | 'wgs84';
  accuracy_m: number | null;
  fix_at: string | null;
  at: string;
  device: string;
  place: string;
  report: string;
  /** "" for a visit nobody planned; a plan that is still on its way is named by `mention`. */
  plan_id: string;
  why: string;
}

/** Named and kept from now on. */
export function beginVisit(queue: Queue, customerName: string, visit: Visit): string {
  const title = `拜访 ${customerName}`;
  return queue.begin({ kind: 'visit', title, method: 'POST', path: '/visits', body: { ...visit }, named: true, stamped: true });
}

/** Whom it is about, known at the start or found out there. */
export function nameVisit(queue: Queue, id: string, customerId: string, customerName: string, planId: string): void {
  queue.edit(id, (job) => {
    job.title = `拜访 ${customerName}`;
    job.body = { ...job.body, customer_id: customerId, plan_id: planId };
  });
}

/** At every letter. */
export function writeVisit(queue: Queue, id: string, change: Partial<Visit>): void {
  queue.edit(id, (job) => { job.body = { ...job.body, ...change }; });
}

/**
 * Moves a picture just taken out of the phone's temporary files. It is in the draft before it is moved and marked when it has
 * arrived, so that a kill between the two neither loses it nor leaves a file nobody knows.
 */
export async function addPhoto(queue: Queue, id: string, temporary: string): Promise<void> {
  let photo: Photo | undefined;
  queue.edit(id, (job) => {
    if (job.photos.length >= MOST_PHOTOS) throw new NotNow(`最多 ${MOST_PHOTOS} 张照片`);
    job.photosMade += 1;
    photo = { n: job.photosMade, name: `${id}-${job.photosMade}`, safe: false, upload: null };
    job.photos.push(photo);
  });
  const added = photo as Photo;
  try {
    await queue.phone.files.save(temporary, added.name);
  } catch {
    queue.update(id, (job) => { without(job, added.n); });
    throw new NotNow('照片没有存下来，手机可能没有空间了。请清理后再拍一次');
  }
  queue.update(id, (job) => {
    const there = job.photos.find((one) => one.n === added.n);
    if (there) there.safe = true;
    else job.photos.push({ ...added, safe: true });
  });
}

export async function removePhoto(queue: Queue, id: string, n: number): Promise<void> {
  let name = '';
  queue.edit(id, (job) => {
    name = job.photos.find((one) => one.n === n)?.name ?? '';
    without(job, n);
  });
  if (name) await queue.phone.files.remove(name);
}

function without(job: Job, n: number): void { job.photos = job.photos.filter((one) => one.n !== n); }
