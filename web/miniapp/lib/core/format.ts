// Numbers in words. By hand, because the script engines of phones differ in what they know of Chinese.
/** 「¥3,200」, 「¥86 万」, 「¥1.25 亿」 of yuan as the API says them; what is no number, as a sum that is not shown to this person, stays as it is. */
export function money(yuan: number | string): string {
  const amount = Number(yuan);
  if (yuan === '' || Number.isNaN(amount)) return `${yuan}`;
  const size = Math.abs(amount);
  const [sum, unit] = size >= 99_995_000 ? [amount / 1e8, ' 亿'] : size >= 10_000 ? [amount / 1e4, ' 万'] : [amount, ''];
  const [whole, part] = `${Number(Math.abs(sum).toFixed(2))}`.split('.') as [string, string?];
  return `${amount < 0 ? '-' : ''}¥${whole.replace(/\B(?=(\d{3})+$)/g, ',')}${part ? `.${part}` : ''}${unit}`;
}

/** 「35 米」, 「1.2 公里」, 「120 公里」; "" where it is not known. */
export function distance(metres: number | null): string {
  if (metres === null) return '';
  if (metres < 999.5) return `${Math.round(metres)} 米`;
  return metres < 99_950 ? `${Number((metres / 1000).toFixed(1))} 公里` : `${Math.round(metres / 1000)} 公里`;
}
