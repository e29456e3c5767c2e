// What a person does that can wait for a network, as the API takes it; times are ISO 8601 with a zone, days YYYY-MM-DD.
import type { NewJob } from './jobs';

export const followUp = (customerId: string, customerName: string, text: string, at: string, nextAt: string | null): NewJob => ({
  kind: 'follow_up', title: `跟进 ${customerName}`, method: 'POST', path: `/customers/${customerId}/follow-ups`,
  body: { text, at, next_follow_up_at: nextAt },
});

export const todo = (customerId: string, customerName: string, text: string, dueAt: string): NewJob => ({
  kind: 'todo', title: `待办 ${customerName}`, method: 'POST', path: `/customers/${customerId}/todos`, body: { text, due_at: dueAt },
});

/** As the phone has dialled; `contactId` is "" where the number was the customer's own. */
export const call = (customerId: string, customerName: string, contactId: string, at: string): NewJob => ({
  kind: 'call', title: `电话 ${customerName}`, method: 'POST', path: '/calls', named: true, body: { customer_id: customerId, contact_id: contactId, at },
});

/** On return; `callId` is what `mention` makes of the call's work, or the server's name. */
export const callTold = (callId: string, customerName: string, reached: boolean, note: string): NewJob => ({
  kind: 'call_told', title: `通话结果 ${customerName}`, method: 'PATCH', path: `/calls/${callId}`, body: { reached, note },
});

export const plan = (customerId: string, customerName: string, day: string, note: string): NewJob => ({
  kind: 'plan', title: `拜访计划 ${customerName}`, method: 'POST', path: '/visit-plans', named: true, body: { customer_id: customerId, day, note },
});

/** `place` counts from 0 within the day. */
export const planChange = (planId: string, customerName: string, change: { day?: string; place?: number; note?: string }): NewJob => ({
  kind: 'plan_change', title: `改计划 ${customerName}`, method: 'PATCH', path: `/visit-plans/${planId}`, body: change,
});

export const planDrop = (planId: string, customerName: string): NewJob => ({
  kind: 'plan_drop', title: `取消计划 ${customerName}`, method: 'DELETE', path: `/visit-plans/${planId}`, body: {},
});

export const visitReport = (visitId: string, customerName: string, report: string): NewJob => ({
  kind: 'visit_report', title: `拜访小结 ${customerName}`, method: 'POST', path: `/visits/${visitId}/report`, body: { report },
});

/** Of one's own visit, within the minutes that the server allows. */
export const visitDrop = (visitId: string, customerName: string): NewJob => ({
  kind: 'visit_drop', title: `撤销拜访 ${customerName}`, method: 'DELETE', path: `/visits/${visitId}`, body: {},
});

/** By a supervisor. */
export const review = (visitId: string, customerName: string, verdict: string, words: string, here = false): NewJob => ({
  kind: 'review', title: `定拜访 ${customerName}`, method: 'POST', path: `/visits/${visitId}/review`, body: { verdict, words, here },
});

export const appeal = (visitId: string, customerName: string, words: string): NewJob => ({
  kind: 'appeal', title: `补充说明 ${customerName}`, method: 'POST', path: `/visits/${visitId}/appeal`, body: { words },
});
