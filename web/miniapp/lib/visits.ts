// Visits as the pages of 拜访 show them.
import type { Job } from './core/jobs';
import { uuid } from './core/ids';
import { phone } from './ports';

const DEVICE = 'device';

export interface VisitLine {
  id: string;
  customer_id: string;
  customer_name: string;
  person: string;
  userid: string;
  mine: boolean;
  at: string;
  place: string;
  accuracy_m: number | null;
  distance_m: number | null;
  said: string;
  why: string;
  report: string;
  verdict: string;
  verdict_label: string;
  effective: boolean;
  photos: string[];
}
export interface Plan {
  id: string;
  customer_id: string;
  customer_name: string;
  place: number;
  note: string;
  visit_id: string;
}

const TONES: Record<string, string> = { valid: 'tag-green', doubtful: 'tag-amber', invalid: 'tag-red' };

/** The class of a verdict's tag. */
export const tone = (verdict: string): string => TONES[verdict] ?? '';

/** The phone's own name, made when it is first asked for; it says nothing but that it is the same phone. */
export function device(): string {
  const known = phone.store.get(DEVICE);
  if (known) return known;
  const made = uuid(phone.random);
  phone.store.set(DEVICE, made);
  return made;
}

/** What a visit's work is called is 「拜访 」 and this. */
export const customerOf = (job: Job): string => job.title.slice(3);
