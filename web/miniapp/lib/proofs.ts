// Files handed in as evidence: up to the customer's files first, then given to the deal.
import { phone } from './ports';
import { ask, call, newKey } from './session';

/** One file on its way. The keys stay with it: what is tried again happens once. */
export interface Handing {
  name: string;
  state: 'waiting' | 'going' | 'done' | 'refused';
  said: string;
  temporary: string;
  file: string;
  attachment: string;
  keys: [string, string];
}

/** `name` is what people read of it, with its ending; where it is one of the customer's files already, `attachment` is its id. */
export function handing(name: string, temporary: string, attachment = ''): Handing {
  const ending = /\.\w+$/.exec(name)?.[0] ?? '';
  return { name, state: 'waiting', said: '等待上传', temporary, file: `${newKey()}${ending}`, attachment, keys: [newKey(), newKey()] };
}

/** Throws what the server or the network said; called again it goes on from there. */
export async function handIn(one: Handing, customer: string, deal: string, stage: string, kind: string): Promise<void> {
  if (!one.attachment) {
    if (one.temporary) {
      await phone.files.save(one.temporary, one.file);
      one.temporary = '';
    }
    const { body } = await ask({ method: 'POST', path: `/customers/${customer}/attachments`, key: one.keys[0], file: one.file, body: { name: one.name } });
    one.attachment = (body as { id: string }).id;
    await phone.files.remove(one.file);
  }
  await call('POST', `/deals/${deal}/evidence`, one.keys[1], { stage, kind, attachment_id: one.attachment });
}
