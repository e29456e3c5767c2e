// Times in words, in the phone's own zone.
const two = (number: number): string => `${number}`.padStart(2, '0');

/** 「14:05」 today, else 「11-23 14:05」. */
export function moment(at: Date, now = new Date()): string {
  const clock = `${two(at.getHours())}:${two(at.getMinutes())}`;
  return at.toDateString() === now.toDateString() ? clock : `${two(at.getMonth() + 1)}-${two(at.getDate())} ${clock}`;
}

/** 「11 月 23 日 周一」. */
export function dayInWords(day: Date): string {
  return `${day.getMonth() + 1} 月 ${day.getDate()} 日 周${'日一二三四五六'[day.getDay()]}`;
}

/** YYYY-MM-DD, as the API names a day. */
export function dayOf(at: Date): string {
  return `${at.getFullYear()}-${two(at.getMonth() + 1)}-${two(at.getDate())}`;
}

/** 「14:05」. */
export function clockOf(at: Date): string {
  return `${two(at.getHours())}:${two(at.getMinutes())}`;
}
