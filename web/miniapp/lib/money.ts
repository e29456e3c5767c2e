/** 「¥86 万」 of an amount in yuan as the API says it; "" where it is not shown to this person. */
export function inWan(amount: string): string {
  if (amount === '') return '';
  const yuan = Number(amount);
  if (yuan < 10000) return `¥${yuan.toLocaleString('zh-CN', { maximumFractionDigits: 2 })}`;
  const [sum, unit] = yuan < 1e8 ? [yuan / 1e4, '万'] : [yuan / 1e8, '亿'];
  return `¥${Number(sum.toFixed(2))} ${unit}`;
}
