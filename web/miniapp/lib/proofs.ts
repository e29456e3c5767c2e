// Files handed in as evidence: up to the customer's files first, then given to the deal.
import { phone } from './ports';
import { ask, call, newKey } from './session';

/** One picture on its way. The keys stay with it: what is tried again happens once. */
export interface Handing {
  name: string;
  state: 'waiting' | 'going' | 'done' | 'refused';
  said: string;
  temporary: string;
  file: string;
  attachment: string;
  keys: [string, string];
}

export function handing(temporary: string, place: number): Handing {
  const ending = /\.\w+$/.exec(temporary)?.[0] ?? '.jpg';
  return { name: `照片 ${place}`, state: 'waiting', said: '等待上传', temporary, file: `${newKey()}${ending}`, attachment: '', keys: [newKey(), newKey()] };
}

/** Throws what the server or the network said; called again it goes on from there. */
export async function handIn(one: Handing, customer: string, deal: string, stage: string, kind: string): Promise<void> {
  if (!one.attachment) {
    if (one.temporary) {
      await phone.files.save(one.temporary, one.file);
      one.temporary = '';
    }
    const { body } = await ask({ method: 'POST', path: `/customers/${customer}/attachments`, key: one.keys[0], file: one.file, body: {} });
    one.attachment = (body as { id: string }).id;
    await phone.files.remove(one.file);
  }
  await call('POST', `/deals/${deal}/evidence`, one.keys[1], { stage, kind, attachment_id: one.attachment });
}
