// What the pages of approvals share.
export interface Approval {
  id: string;
  deal: string;
  customer: string;
  amount: string;
  told: string;
  to: string;
  asked_by: string;
  asked_at: string;
  state: string;
  state_label: string;
  waits_for: string[];
  hours: number;
  my_turn: boolean;
}

/** The colour of a state, as the tags have it. */
export function tone(state: string): string {
  return { waiting: 'tag-amber', approved: 'tag-green', rejected: 'tag-red' }[state] ?? '';
}
