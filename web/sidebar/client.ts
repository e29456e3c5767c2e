// WeCom's client around the page: which chat it stands beside, and sending into it. Outside of it nothing ever answers.
import { getContext, getCurExternalChat, getCurExternalContact, register, sendChatMessage } from '@wecom/jssdk';
import { get } from './api';
import type { AgentConfig, Chat } from './types';

const { corp = '', agent = '' } = document.body.dataset;
const PATIENCE = 6000; // ms after which a client that says nothing is none
const GROUP = /group_chat_tools$/;
const EITHER = 'chat_attachment'; // the menu beside the input box, in chats of both kinds

export type Why = 'outside' | 'entry' | 'permission';

export class NoChat extends Error {
  constructor(readonly why: Why, readonly detail = '') { super(why); }
}

export const inClient = /wxwork\/[\d.]+/i.test(navigator.userAgent);

/** Registered once; the SDK signs by itself, and again where the address has changed. */
export function registerClient(): Promise<void> {
  return new Promise((done, failed) => {
    const sign = async (url: string) => {
      const made = await get<AgentConfig>(`/jsapi/agent-config?url=${encodeURIComponent(url)}`);
      return { timestamp: made.timestamp, nonceStr: made.nonce, signature: made.signature };
    };
    register({
      corpId: corp,
      agentId: agent,
      jsApiList: ['getContext', 'getCurExternalContact', 'getCurExternalChat', 'sendChatMessage'],
      getAgentConfigSignature: sign,
      onAgentConfigSuccess: () => { performance.mark('agent-config'); done(); },
      onAgentConfigFail: (error) => failed(refusal(error)),
    });
  });
}

/** The chat beside the page; NoChat says why there is none. */
export async function currentChat(): Promise<Chat> {
  if (!inClient) throw new NoChat('outside');
  try {
    await soon(registerClient());
    const { entry } = await soon(getContext());
    if (GROUP.test(entry)) return await group();
    return await contact().catch((error) => { if (entry !== EITHER) throw error; return group(); });
  } catch (error) {
    throw refusal(error);
  }
}

const contact = async (): Promise<Chat> => ({ kind: 'external_contact', id: (await soon(getCurExternalContact())).userId });
const group = async (): Promise<Chat> => ({ kind: 'customer_group', id: (await soon(getCurExternalChat())).chatId });

export const sendText = (content: string) => soon(sendChatMessage({ msgtype: 'text', text: { content } } as never), 60000);
export const sendMedia = (kind: string, mediaid: string) =>
  soon(sendChatMessage({ msgtype: kind, [kind]: { mediaid } } as never), 60000);

/** Whether somebody changed his mind; then there is nothing to say. */
export const cancelled = (error: unknown): boolean => /cancel/.test(said(error));

function refusal(error: unknown): Error {
  const words = said(error);
  if (error instanceof Error && !words.includes(':fail')) return error;
  if (/no permission|config:fail|without permission/i.test(words)) return new NoChat('permission', words);
  return new NoChat('entry', words);
}

const said = (error: unknown): string => String((error as { errMsg?: string })?.errMsg ?? (error as Error)?.message ?? error);

function soon<T>(wanted: Promise<T>, patience = PATIENCE): Promise<T> {
  return Promise.race([wanted, new Promise<T>((_, failed) => { window.setTimeout(() => failed(new NoChat('outside')), patience); })]);
}
