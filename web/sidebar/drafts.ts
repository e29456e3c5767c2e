// What was typed and not sent: on the phone for a day, by whose it is and what it is about. One entry each, for phones
// side by side share this store.
export type Typed = Record<string, string>;
interface Kept { at: number; typed: Typed }

const PLACE = 'draft.';
const DAY = 86400000; // ms
let mine = '';

/** Who is signed in: nobody else's drafts are ever read. Whoever's they are, those of yesterday go. */
export function draftsOf(userid: string): void {
  mine = `${PLACE}${userid} `;
  for (const name of Object.keys(localStorage)) if (name.startsWith(PLACE) && !fresh(name)) localStorage.removeItem(name);
}

export const draft = (topic: string): Typed | null => fresh(mine + topic)?.typed ?? null;
/** A draft is a courtesy: where the phone's store is full there is none. */
export function keepDraft(topic: string, typed: Typed): void {
  try {
    localStorage.setItem(mine + topic, JSON.stringify({ at: Date.now(), typed }));
  } catch {
    dropDraft(topic);
  }
}
export const dropDraft = (topic: string): void => localStorage.removeItem(mine + topic);

/** What cannot be read is none, and goes with those of yesterday. */
function fresh(name: string): Kept | null {
  try {
    const kept = JSON.parse(localStorage.getItem(name) ?? 'null') as Kept | null;
    return kept && typeof kept.typed === 'object' && Date.now() - kept.at < DAY ? kept : null;
  } catch {
    return null;
  }
}
