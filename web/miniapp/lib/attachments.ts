// Files of a customer: taken with the camera or chosen, sent up, looked at.
import { phone } from './ports';
import { ask, download, newKey } from './session';
import { clockOf, dayOf } from './words';

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

/** A picture or a file chosen by the person, sent to this customer; null where he chose none. */
export async function addFile(customer: string): Promise<Attachment | null> {
  const chosen = await chosenFile();
  if (!chosen) return null;
  const key = newKey();
  const file = `${key}${/\.\w+$/.exec(chosen.name)?.[0] ?? ''}`;
  await phone.files.save(chosen.path, file);
  try {
    const { body } = await ask({ method: 'POST', path: `/customers/${customer}/attachments`, key, body: { name: chosen.name }, file });
    return body as Attachment;
  } finally {
    await phone.files.remove(file);
  }
}

/** With the name that people read; what the person leaves without choosing throws in WeChat. */
async function chosenFile(): Promise<{ path: string; name: string } | undefined> {
  try {
    const { tapIndex } = await wx.showActionSheet({ itemList: ['拍照或选图片', '选聊天里的文件'] });
    if (tapIndex === 1) return (await wx.chooseMessageFile({ count: 1, type: 'all' })).tempFiles[0];
    const picture = (await wx.chooseMedia({ count: 1, mediaType: ['image'], sizeType: ['compressed'] })).tempFiles[0];
    const now = new Date();
    const ending = /\.\w+$/.exec(picture?.tempFilePath ?? '')?.[0] ?? '.jpg';
    return picture && { path: picture.tempFilePath, name: `照片 ${dayOf(now)} ${clockOf(now).replace(':', '')}${ending}` };
  } catch {
    return undefined;
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
