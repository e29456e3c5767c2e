// The API's answers, as far as this page reads them (/api/docs describes them).
export interface Me { userid: string; name: string; role: string; role_label: string }
export interface Session { token: string; expires_at: string; person: Me }
export interface AgentConfig { corp_id: string; agent_id: number; timestamp: number; nonce: string; signature: string }
export interface Member { id: string | null; name: string; known: boolean; customer: string | null; customer_id: string | null }
export interface Candidate { id: string | null; name: string; owner: string; reason: string; same: boolean }
export interface Deal { id: string; name: string; amount: string; stage: string; owner: string; days: number; colour: string | null }
export interface Quote {
  id: string; number: string; state: string; state_label: string; total: string; currency: string; valid_until: string; text: string | null;
}
export interface Digest { id: string; customer_name: string; remark: string; sentences: unknown[]; todos: unknown[] }
export interface Todo { id: string; text: string; due_at: string }
export interface Entry { id: string; digest_id: string | null; from_archive: boolean; kind_label: string; author: string; at: string; text: string }
export interface Person { id: string; name: string; title: string; phone: string; masked: boolean; retired: boolean }
export interface Linked { name: string; linked_by: string }
export interface FollowUp { id: string; counts: boolean; remark: string; customer_name: string }
export interface Customer {
  id: string; name: string; stage: string; level: string; owner: string; mine: boolean; silent_days: number; days_left: number | null;
  why: string; linked_by: string; linked_at: string; undo_until: string; contacts: Person[]; linked: Linked[]; deals: Deal[]; quotes: Quote[];
  todos: Todo[]; timeline: Entry[]; may: { write: boolean; deal: boolean };
}
export interface Beside {
  me: Me; at: string; state: 'linked' | 'unlinked' | 'ignored' | 'elsewhere' | 'empty'; kind: Kind; name: string; company: string; position: string;
  remark: string; said: string; members: Member[]; customer: Customer | null; candidates: Candidate[];
}
export interface Done { said: string; alike: boolean; sidebar: Beside }
export interface Found { id: string; name: string; owner: string; region: string; why: string }
export interface File { id: string; name: string; kind_label: string; size: number }
export type Kind = 'external_contact' | 'customer_group';
export interface Chat { kind: Kind; id: string }
