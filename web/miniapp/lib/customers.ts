// What the pages of customers share.
export interface Left {
  days_left: number | null;
  queued: boolean;
}

const LAST = 3; // days in which nothing may wait
const SOON = 7;

/** 「剩 5 天」 with its colour, of the tags. */
export function leftOf({ days_left, queued }: Left): { left: string; tone: string } {
  if (days_left === null) return { left: queued ? '待分配' : '不计时', tone: queued ? 'tag-blue' : '' };
  const left = days_left > 0 ? `剩 ${days_left} 天` : '今天回收';
  return { left, tone: days_left <= LAST ? 'tag-red' : days_left <= SOON ? 'tag-amber' : 'tag-green' };
}

const DAY = 24 * 60 * 60 * 1000; // ms

/** 「今天」「昨天」「12 天前」, by days of the calendar. */
export function ago(at: Date, now = new Date()): string {
  const day = (one: Date): number => new Date(one).setHours(0, 0, 0, 0);
  const days = Math.round((day(now) - day(at)) / DAY);
  return days <= 0 ? '今天' : days === 1 ? '昨天' : `${days} 天前`;
}

const COLOURS: Record<string, string> = { green: 'tag-green', yellow: 'tag-amber', red: 'tag-red' };

/** The tag of how long a deal has stood where it is. */
export const toneOf = (colour: string | null): string => COLOURS[colour ?? ''] ?? '';
