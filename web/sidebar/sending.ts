// What goes out into the chat: a quote's words, a file of the customer's. Asked first, and to whom, for it cannot be taken back.
import { get, post } from './api';
import { cancelled, sendMedia, sendText } from './client';
import { fill, h, toast } from './dom';
import { sheet } from './sheet';
import type { Beside, Customer, File, Quote } from './types';
import type { Desk } from './view';

/** 「发给「钱卫国」」; of a group also how many people from outside read it, and who. */
function whom(beside: Beside): [string, string] {
  if (beside.kind === 'external_contact') return [`发给「${beside.name}」？`, ''];
  const all = beside.members;
  const names = all.slice(0, 5).map((one) => one.name || '未填写姓名').join('、');
  return [`发到群「${beside.name}」？`, `群里的 ${all.length} 位外部联系人都会看到${all.length ? `：${names}${all.length > 5 ? '等' : ''}` : ''}`];
}

function ask(desk: Desk, what: string, send: () => Promise<unknown>): void {
  const [title, readers] = whom(desk.beside);
  sheet(title, [h('p', { class: 'sends' }, what), h('p', { class: 'quiet' }, readers)], '发送', async () => {
    try {
      await send();
    } catch (error) {
      if (cancelled(error)) return;
      throw new Error('没有发出去：请在和客户的聊天里打开，或者稍后再试');
    }
    toast('已发到聊天里');
  });
}

export function quote(desk: Desk, one: Quote): void {
  ask(desk, one.text as string, () => sendText(one.text as string));
}

export async function material(desk: Desk, one: Customer): Promise<void> {
  const list = h('ul', { class: 'found' }, h('li', { class: 'quiet' }, '正在读取…'));
  const close = sheet('选要发的资料', [list], '', () => Promise.resolve());
  try {
    const { attachments } = await get<{ attachments: File[] }>(`/customers/${one.id}/attachments`);
    const line = (file: File) => h('li', {}, h('button', { type: 'button', class: 'pick', onclick: () => { close(); ask(desk, file.name, () => handOn(file)); } },
      h('b', {}, file.name), h('small', {}, `${file.kind_label} · ${Math.max(1, Math.round(file.size / 1024))} KB`)));
    fill(list, attachments.length ? attachments.map(line) : h('li', { class: 'quiet' }, '这个客户还没有附件。在客户档案里上传后，就能从这里发'));
  } catch (error) {
    fill(list, h('li', { class: 'wrong' }, (error as Error).message));
  }
}

async function handOn(file: File): Promise<void> {
  const made = await post<{ msgtype: string; media_id: string }>(`/attachments/${file.id}/media`);
  await sendMedia(made.msgtype, made.media_id);
}
