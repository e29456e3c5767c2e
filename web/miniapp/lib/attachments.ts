// Files of a customer: taken with the camera, sent up, looked at.
import { phone } from './ports';
import { ask, download, newKey } from './session';

export interface Attachment {
  id: string;
  name: string;
  note: string;
  kind_label: string;
  size: number;
  width: number | null;
  uploaded_by: string;
  at: string;
}

/** A picture chosen by the person, sent to this customer; null where he chose none. */
export async function addPicture(customer: string): Promise<Attachment | null> {
  const chosen = await wx.chooseMedia({ count: 1, mediaType: ['image'], sizeType: ['compressed'] }).catch(() => null);
  const picture = chosen?.tempFiles[0];
  if (!picture) return null;
  const key = newKey();
  await phone.files.save(picture.tempFilePath, key);
  try {
    const { body } = await ask({ method: 'POST', path: `/customers/${customer}/attachments`, key, body: {}, file: key });
    return body as Attachment;
  } finally {
    await phone.files.remove(key);
  }
}

/** Pictures lie over the page; anything else is opened by the phone. */
export async function look(file: { id: string; width: number | null }): Promise<void> {
  const path = await download(`/attachments/${file.id}`);
  if (file.width !== null) await wx.previewImage({ urls: [path] });
  else await wx.openDocument({ filePath: path, showMenu: true });
}

/** 「2.4 MB」. */
export const sizeInWords = (bytes: number): string => (bytes < 1e6 ? `${Math.max(1, Math.round(bytes / 1e3))} KB` : `${(bytes / 1e6).toFixed(1)} MB`);
