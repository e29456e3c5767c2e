// One's own to-dos about the customer: the next first, ticked off here, and the tick taken back.
import { post } from './api';
import { h, toast } from './dom';
import type { Todo } from './types';
import type { Desk } from './view';
import { at, now } from './words';

export function todoLine(desk: Desk, one: Todo): HTMLElement {
  const late = new Date(one.due_at).getTime() < now();
  const button = h('button', { type: 'button', class: 'go second', 'aria-label': `完成：${one.text}`, onclick: () => {
    button.disabled = true;
    void turned(desk, one, 'finish', '已完成', { label: '撤销', act: () => void turned(desk, one, 'reopen', '待办恢复了') });
  } }, '完成');
  return h('li', { class: 'deal' }, h('div', {}, h('span', { class: 'words' }, one.text),
    h('small', { class: late ? 'late' : null }, `${at(one.due_at)}${late ? ' · 已过期' : ''}`)), button);
}

async function turned(desk: Desk, one: Todo, act: string, said: string, undo?: { label: string; act: () => void }): Promise<void> {
  try {
    await post(`/todos/${one.id}/${act}`);
    toast(`${said}：${one.text.slice(0, 30)}`, undo, undo ? 8 : 5);
  } catch (error) {
    toast((error as Error).message, undefined, 8);
  }
  await desk.again().catch(() => undefined);
}
