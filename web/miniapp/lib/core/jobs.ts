// A piece of work as the phone keeps it, from its first letter until the server's answer has been read.
import type { Method } from './ports';

/** A draft is being written; waiting goes by itself; refused waits for a person; the last two are kept for a while. */
export type State = 'draft' | 'waiting' | 'refused' | 'sent' | 'discarded';

export interface Photo {
  /** Never used twice within a job, so that its key is this picture's for ever. */
  n: number;
  /** Of the user's file. */
  name: string;
  /** The file is known to have arrived in the user's storage. */
  safe: boolean;
  /** What the server calls it, once it has it. */
  upload: string | null;
}

/** What the server said against it, in its own words. */
export interface Said {
  status: number;
  code: string;
  message: string;
  fields: Record<string, string>;
  /** The picture it was about, by its n. */
  photo: number | null;
}

export interface Job {
  /** Given by the phone at birth; also the server's key against doing it twice. */
  id: string;
  kind: string;
  /** For the person: 「拜访 宁波海达」. */
  title: string;
  made: number; // ms
  /** Counts up, so that the order of work is not the clock's. */
  turn: number;
  state: State;
  /** The state an undo goes back to. */
  before: State;
  method: Method;
  /** Below /api/v1. `{job:ID}` in it, and a value of the body that is just that, is what the server calls that job's work. */
  path: string;
  body: Record<string, unknown>;
  /** The body says, as `sent_at`, when it was sent. */
  stamped: boolean;
  photos: Photo[];
  photosMade: number;
  /** Counted before each attempt: at 0 the server cannot know of it. */
  tries: number;
  next: number; // ms, not before
  /** The last attempt met a server; else nobody answered. */
  met: boolean;
  said: Said | null;
  answer: Record<string, unknown> | null;
  ended: number; // ms, sent or discarded
}

export type NewJob = Pick<Job, 'kind' | 'title' | 'method' | 'path' | 'body'> & { named?: boolean; stamped?: boolean };

/** `named` work carries its id as `client_id` as well. */
export function newJob(id: string, now: number, turn: number, state: 'draft' | 'waiting', work: NewJob): Job {
  const { kind, title, method, path, named = false, stamped = false } = work;
  const body = named ? { ...work.body, client_id: id } : work.body;
  return {
    id, kind, title, made: now, turn, state, before: state, method, path, body, stamped, photos: [], photosMade: 0, tries: 0, next: 0, met: false,
    said: null, answer: null, ended: 0,
  };
}

export const mention = (id: string): string => `{job:${id}}`;

/**
 * Where and what to send, with the names the server gave to other work; `null` while that is still to be sent. Work that was
 * discarded leaves an empty place in the body, and `'orphan'` where the address itself was its.
 */
export function addressed(job: Job, find: (id: string) => Job | undefined): Pick<Job, 'path' | 'body'> | 'orphan' | null {
  const named = (text: string): string | 'lost' | 'later' => {
    const other = find(text.slice(5, -1));
    if (!other || other.state === 'discarded') return 'lost';
    return other.answer ? String(other.answer.id) : 'later';
  };
  const body = { ...job.body };
  for (const [name, value] of Object.entries(body)) {
    if (typeof value !== 'string' || !/^\{job:[0-9a-f-]+\}$/.test(value)) continue;
    const name_ = named(value);
    if (name_ === 'later') return null;
    body[name] = name_ === 'lost' ? null : name_;
  }
  const other = /\{job:[0-9a-f-]+\}/.exec(job.path)?.[0];
  if (!other) return { path: job.path, body };
  const name = named(other);
  if (name === 'later') return null;
  return name === 'lost' ? 'orphan' : { path: job.path.replace(other, name), body };
}
