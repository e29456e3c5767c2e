// Numbers and times in words. By hand, because the script engines of phones differ in what they know of Chinese and of time zones.
const MINUTE = 60_000; // ms
const DAY = 24 * 60 * MINUTE; // ms
const SHANGHAI = 8 * 60 * MINUTE; // ms ahead of UTC, without summer time

const shown = (at: number): string => new Date(at + SHANGHAI).toISOString();
const dayNumber = (at: number): number => Math.floor((at + SHANGHAI) / DAY);

/** 「2026-11-23 14:05」 in Shanghai, of milliseconds or an ISO time. */
export const clock = (at: number | string): string => shown(ms(at)).slice(0, 16).replace('T', ' ');

/** 「2026-11-23」 in Shanghai. */
export const day = (at: number | string): string => shown(ms(at)).slice(0, 10);

/** 「¥3,200」, 「¥86 万」, 「¥1.25 亿」 of yuan as the API says them; "" where the amount is not shown to this person. */
export function money(yuan: number | string): string {
  if (yuan === '') return '';
  const amount = Number(yuan);
  const size = Math.abs(amount);
  const [sum, unit] = size >= 99_995_000 ? [amount / 1e8, ' 亿'] : size >= 10_000 ? [amount / 1e4, ' 万'] : [amount, ''];
  const [whole, part] = `${Number(Math.abs(sum).toFixed(2))}`.split('.') as [string, string?];
  return `${amount < 0 ? '-' : ''}¥${whole.replace(/\B(?=(\d{3})+$)/g, ',')}${part ? `.${part}` : ''}${unit}`;
}

/** 「还剩 3 天」, 「今天到期」, 「已过 2 天」: in days of the calendar, not in spans of 24 hours. */
export function daysLeft(until: number | string, now: number): string {
  const days = dayNumber(ms(until)) - dayNumber(now);
  if (days === 0) return '今天到期';
  return days > 0 ? `还剩 ${days} 天` : `已过 ${-days} 天`;
}

/** 「刚刚」, 「5 分钟前」, 「3 小时前」, else the clock. Of a phone whose clock went back: 「刚刚」. */
export function ago(at: number | string, now: number): string {
  const minutes = Math.floor((now - ms(at)) / MINUTE);
  if (minutes < 1) return '刚刚';
  if (minutes < 60) return `${minutes} 分钟前`;
  return minutes < 24 * 60 ? `${Math.floor(minutes / 60)} 小时前` : clock(at);
}

/** 「35 米」, 「1.2 公里」, 「120 公里」; "" where it is not known. */
export function distance(metres: number | null): string {
  if (metres === null) return '';
  if (metres < 999.5) return `${Math.round(metres)} 米`;
  return metres < 99_950 ? `${Number((metres / 1000).toFixed(1))} 公里` : `${Math.round(metres / 1000)} 公里`;
}

const ms = (at: number | string): number => (typeof at === 'number' ? at : Date.parse(at));
