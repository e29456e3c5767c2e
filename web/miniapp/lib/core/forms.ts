// What can be said about a form before the server sees it; the server's word is the last one.

/** The sentence against a text, or "". */
export type Rule = (text: string) => string;

export const required = (words: string): Rule => (text) => (text.trim() ? '' : words);
export const atMost = (longest: number): Rule => (text) => ([...text].length > longest ? `最多 ${longest} 个字，现在 ${[...text].length} 个` : '');
export const phone: Rule = (text) => (/^(|\+?[\d\s()-]{5,24})$/.test(text.trim()) ? '' : '电话只能有数字、空格、括号、短横和开头的加号');
export const amount: Rule = (text) => (/^(|\d{1,12}(\.\d{1,2})?)$/.test(text.trim()) ? '' : '金额写数字，最多两位小数');

/** The first sentence against each field that has one, by its name; nothing to say is `{}`. */
export function check(values: Record<string, string>, rules: Record<string, Rule[]>): Record<string, string> {
  const found: Record<string, string> = {};
  for (const [name, ones] of Object.entries(rules)) {
    const said = ones.map((rule) => rule(values[name] ?? '')).find((words) => words !== '');
    if (said) found[name] = said;
  }
  return found;
}
