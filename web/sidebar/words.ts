// Times and sums as people say them, always in Shanghai.
const day = new Intl.DateTimeFormat('zh-CN', { timeZone: 'Asia/Shanghai', month: 'numeric', day: 'numeric' });
const clock = new Intl.DateTimeFormat('zh-CN', { timeZone: 'Asia/Shanghai', hour: '2-digit', minute: '2-digit', hour12: false });

let skew = 0; // the server's clock minus this device's, in ms

export function setClock(at: string): void { skew = new Date(at).getTime() - Date.now(); }
export const now = (): number => Date.now() + skew;

/** 「刚刚」「12 分钟前」「今天 09:30」「11月23日」. */
export function ago(moment: string): string {
  const at = new Date(moment);
  const minutes = Math.floor((now() - at.getTime()) / 60000);
  if (minutes >= 0 && minutes < 1) return '刚刚';
  if (minutes >= 0 && minutes < 60) return `${minutes} 分钟前`;
  if (day.format(at) === day.format(new Date(now()))) return `今天 ${clock.format(at)}`;
  const [month, date] = day.format(at).split('/');
  return `${month}月${date}日`;
}

/** 「11-24 15:00」, of what is still to come. */
export function at(moment: string): string {
  return new Date(new Date(moment).getTime() + 8 * 3600000).toISOString().slice(5, 16).replace('T', ' ');
}

/** '800000.00' → '80 万'; what is not a number (＊＊＊) stays as it is. */
export function yuan(text: string): string {
  const value = Number(text);
  if (!Number.isFinite(value)) return text;
  if (value >= 100000000) return `${trim(value / 100000000)} 亿`;
  if (value >= 10000) return `${trim(value / 10000)} 万`;
  return `${trim(value)} 元`;
}

function trim(value: number): string {
  return value.toFixed(2).replace(/\.?0+$/, '');
}

/** The value of a date-and-time field, in this moment's Shanghai, so many days on at an hour. */
export function later(days: number, hour: number): string {
  const shanghai = new Date(now() + 8 * 3600000 + days * 86400000);
  return `${shanghai.toISOString().slice(0, 10)}T${String(hour).padStart(2, '0')}:00`;
}

/** What such a field says, with its zone: an API takes no moment without one. */
export function moment(field: string): string {
  return `${field}:00+08:00`;
}
