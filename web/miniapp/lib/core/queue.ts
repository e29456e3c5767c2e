// What a person did and the server has not heard of yet: kept first, sent when it can be, shown when it cannot.
import { Api, NotLetIn, OtherPerson, Refused, Unreached } from './api';
import { addressed, newJob, type Job, type NewJob, type Said } from './jobs';
import { uuid } from './ids';
import type { Phone } from './ports';
import { Records } from './records';

const FIRST_WAIT = 2000; // ms
const MOST_WAIT = 5 * 60 * 1000; // ms; also more than any server may ask for
const PASSING = [408, 425, 429]; // refusals that are about now, not about the work
const DAY = 24 * 60 * 60 * 1000; // ms
const KEEP_SENT = DAY; // each is read at every look into the queue
const KEEP_DISCARDED = 7 * DAY;
const NO_FILE = '这张照片已经不在手机里了。请去掉它，再发一次';
const ORPHAN = '它要改的那一条已经放弃了，这一条没有地方可去';

/** A change the state of the work does not allow; the message is for the person. */
export class NotNow extends Error {}

/** Who listens is told after every change. */
type Listener = () => void;

/**
 * The work of one person on this phone. Every method that changes something has written it down when it returns. Sending has one
 * flight at a time; nothing waits for anything else but the server itself, and only a person throws work away.
 */
export class Queue {
  readonly jobs: Records<Job>;
  /** Why the last round stopped, for the person; "" where it did not. */
  trouble = '';
  private running: Promise<void> | null = null;
  private eager = false;
  /** Until when nothing is sent; a firm one was asked for by the server. */
  private closed = { until: 0, firm: false };
  private misses = 0;
  private over = false;
  private cancel: () => void = () => undefined;
  private readonly listeners = new Set<Listener>();

  /** `makeRoom` gives up what can be read again where storage is full. */
  constructor(readonly phone: Phone, private readonly api: Api, readonly owner: string, makeRoom: () => void) {
    this.jobs = new Records<Job>(phone.store, 'job', owner, makeRoom);
  }

  /** Oldest first. */
  list(): Job[] { return this.jobs.all().sort((a, b) => a.turn - b.turn); }

  /** What the server has not heard of, drafts included. */
  unsent(): Job[] { return this.list().filter((job) => job.state !== 'sent' && job.state !== 'discarded'); }

  get sending(): boolean { return this.running !== null; }

  listen(listener: Listener): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  /** Written down and on its way; returns its name. */
  add(work: NewJob): string {
    const id = this.begin(work, 'waiting');
    this.send();
    return id;
  }

  /** Written down; goes when it is handed in. */
  begin(work: NewJob, state: 'draft' | 'waiting' = 'draft'): string {
    const id = uuid(this.phone.random);
    const turn = Math.max(0, ...this.jobs.all().map((job) => job.turn)) + 1;
    this.jobs.put(id, newJob(id, this.phone.now(), turn, state, work));
    this.tell();
    return id;
  }

  /** Takes a draft, what was refused, or what no server can know of yet; NotNow for anything else. It is a draft again. */
  edit(id: string, change: (job: Job) => void): void {
    this.demand(id, (job) => {
      const still = job.state === 'draft' || job.state === 'refused' || (job.state === 'waiting' && job.tries === 0);
      if (!still) throw new NotNow('这一条正在发送或已经发出，不能再改');
      change(job);
      job.state = 'draft';
    });
  }

  /** A draft, or what was refused as it stands: both go now. */
  handIn(id: string): void {
    this.demand(id, (job) => {
      if (job.state !== 'draft' && job.state !== 'refused') throw new NotNow('这一条已经交了');
      if (job.photos.some((photo) => !photo.safe)) throw new NotNow('照片还在保存，请稍等');
      Object.assign(job, { state: 'waiting', next: 0, said: null });
    });
    this.send();
  }

  /** By a person; kept for seven days in case it was a mistake. */
  discard(id: string): void {
    this.demand(id, (job) => {
      if (job.state === 'sent') throw new NotNow('这一条已经发出，请在系统里撤回');
      if (job.state !== 'discarded') Object.assign(job, { before: job.state, state: 'discarded', ended: this.phone.now() });
    });
  }

  undoDiscard(id: string): void {
    this.demand(id, (job) => { if (job.state === 'discarded') job.state = job.before; });
    this.send();
  }

  /**
   * Sends what is due, one after the other; resolves when there is nothing more to do now. Eager (the app is shown, the network is
   * back, a person asks): what nobody answered is tried without waiting. What the server asked us to wait for is waited for.
   */
  flush(eager = false): Promise<void> {
    if (this.over) return Promise.resolve();
    if (eager) this.eager = true;
    this.running ??= this.round().finally(() => {
      this.running = null;
      this.eager = false;
      this.schedule();
      this.tell();
    });
    return this.running;
  }

  /** No more is sent from here: the app is gone, or another person holds the phone. What is kept stays. */
  stop(): void {
    this.over = true;
    this.cancel();
  }

  /** At the start of the app, and when it takes over from another: ends what a kill left half done, and clears away what has been kept long enough. */
  async mend(): Promise<void> {
    const now = this.phone.now();
    const unsent = JSON.stringify(this.unsent());
    for (const job of this.list()) {
      const kept = now - job.ended;
      if (job.state === 'sent' ? kept > KEEP_SENT && !unsent.includes(job.id) : job.state === 'discarded' && kept > KEEP_DISCARDED) this.jobs.remove(job.id);
    }
    for (const job of this.list()) for (const photo of job.photos) if (!photo.safe) await this.findPhoto(job.id, photo.n, photo.name);
    for (const name of await this.phone.files.names()) if (!this.wanted(name)) await this.phone.files.remove(name);
    this.tell();
  }

  /** Changes a job as it stands in storage now; nothing where it is gone. */
  update(id: string, change: (job: Job) => void): Job | undefined {
    const job = this.jobs.get(id);
    if (!job) return undefined;
    change(job);
    this.jobs.put(id, job);
    this.tell();
    return job;
  }

  private demand(id: string, change: (job: Job) => void): void {
    if (!this.update(id, change)) throw new NotNow('手机里没有这一条了');
  }

  private send(): void { void this.flush(); }

  private tell(): void { for (const listener of this.listeners) listener(); }

  private async round(): Promise<void> {
    const tried = new Set<string>();
    try {
      while (!this.over) {
        const job = this.due().find((one) => !tried.has(one.id));
        if (!job) return;
        if ((await this.api.signedIn()).userid !== this.owner) throw new OtherPerson();
        tried.add(job.id);
        if (!(await this.attempt(job.id))) return;
        this.trouble = '';
      }
    } catch (error) {
      this.stopFor(error as Error);
    }
  }

  /** Longest untried first, so that one that always fails goes to the end of the line. */
  private due(): Job[] {
    const now = this.phone.now();
    if (soon(this.closed.until - now) && (this.closed.firm || !this.eager)) return [];
    return this.ready().filter((job) => !soon(job.next - now) || (this.eager && !job.met)).sort((a, b) => a.next - b.next || a.turn - b.turn);
  }

  /** What could go now: not what needs other work first, and of several changes to one thing the oldest. */
  private ready(): Job[] {
    const changed = new Set<string>();
    return this.list().filter((job) => {
      const to = job.state === 'waiting' ? addressed(job, (id) => this.jobs.get(id)) : null;
      if (to === null || to === 'orphan' || job.method === 'POST') return to !== null;
      const first = !changed.has(to.path);
      changed.add(to.path);
      return first;
    });
  }

  private schedule(): void {
    this.cancel();
    const ready = this.ready();
    if (this.over || !ready.length) return;
    const now = this.phone.now();
    const waits = ready.map((job) => Math.max(job.next, this.closed.until) - now);
    this.cancel = this.phone.later(Math.max(0, Math.min(MOST_WAIT, ...waits)), () => this.send());
  }

  /** Whether to go on with the next. */
  private async attempt(id: string): Promise<boolean> {
    let job = this.waiting(id, (one) => { one.tries += 1; });
    let photo: number | null = null;
    try {
      for (const one of job?.photos ?? []) {
        if (!job || one.upload) continue;
        photo = one.n;
        if (!(await this.phone.files.exists(one.name))) throw new Refused(0, 'photo_lost', NO_FILE);
        const key = `${id}_photo_${one.n}`;
        const made = await this.ask({ method: 'POST', path: '/uploads', key, body: { client_id: key }, file: one.name });
        if (typeof made.id !== 'string') throw new Unreached(); // some network's own answer
        const upload = made.id;
        job = this.waiting(id, (now) => { for (const each of now.photos) if (each.n === one.n) each.upload = upload; });
      }
      photo = null;
      if (!job) return true;
      const to = addressed(job, (other) => this.jobs.get(other));
      if (to === 'orphan') throw new Refused(0, 'orphan', ORPHAN);
      if (to === null) return true;
      const body: Record<string, unknown> = to.body;
      if (job.photosMade) body.photos = job.photos.map((one) => one.upload);
      if (job.stamped) body.sent_at = new Date(this.phone.now()).toISOString();
      const answer = await this.ask({ method: job.method, path: to.path, key: id, body: job.method === 'DELETE' ? undefined : body });
      this.update(id, (one) => { Object.assign(one, { state: 'sent', answer, said: null, ended: this.phone.now() }); });
      for (const one of job.photos) await this.phone.files.remove(one.name);
      return true;
    } catch (error) {
      return this.failed(id, error as Error, photo);
    }
  }

  private async ask(what: Omit<Parameters<Api['call']>[0], 'as'>): Promise<Record<string, unknown>> {
    const answer = await this.api.call({ ...what, as: this.owner });
    this.misses = 0;
    return answer.status === 204 ? {} : answer.body as Record<string, unknown>;
  }

  private waiting(id: string, change: (job: Job) => void): Job | undefined {
    return this.jobs.get(id)?.state === 'waiting' ? this.update(id, change) : undefined;
  }

  private failed(id: string, error: Error, photo: number | null): boolean {
    const now = this.phone.now();
    if (!(error instanceof Refused)) {
      if (error instanceof Unreached) this.waiting(id, (job) => { Object.assign(job, { next: now + this.backOff(job.tries), met: false }); });
      throw error;
    }
    this.misses = 0;
    const { status, code, message, fields } = error;
    if (status === 401) throw error;
    if (status >= 500 || PASSING.includes(status)) {
      const wait = Math.min(MOST_WAIT, Math.max(error.wait, this.backOff(this.jobs.get(id)?.tries ?? 1)));
      this.waiting(id, (one) => { Object.assign(one, { next: now + wait, met: true }); });
      if (status !== 429 && status !== 503) return true; // perhaps it is this job alone that it stumbles over
      this.close(wait, true, message);
      return false;
    }
    const said: Said = { status, code, message, fields, photo };
    this.waiting(id, (job) => { Object.assign(job, { state: 'refused', said }); });
    return true;
  }

  /** Something stands between us and the server that is not about one job. */
  private stopFor(error: Error): void {
    if (error instanceof OtherPerson) { this.stop(); return; }
    this.misses += 1;
    const asked = error instanceof Refused ? error.wait : 0;
    const wait = error instanceof NotLetIn ? MOST_WAIT : Math.min(MOST_WAIT, Math.max(asked, this.backOff(this.misses)));
    this.close(wait, asked > 0, error.message);
  }

  private close(wait: number, firm: boolean, why: string): void {
    this.closed = { until: this.phone.now() + wait, firm };
    this.trouble = why;
  }

  /** Twice as long each time, and not all phones at the same moment. */
  private backOff(tries: number): number {
    return Math.min(MOST_WAIT, FIRST_WAIT * 2 ** Math.min(tries - 1, 10)) * (0.5 + this.phone.random() / 2);
  }

  private async findPhoto(id: string, n: number, name: string): Promise<void> {
    const there = await this.phone.files.exists(name);
    this.update(id, (job) => {
      if (there) for (const photo of job.photos) photo.safe ||= photo.n === n;
      else job.photos = job.photos.filter((photo) => photo.n !== n || photo.safe);
    });
  }

  /** A file stays while any person's unsent or discarded work may want it. */
  private wanted(name: string): boolean {
    const id = name.slice(0, name.lastIndexOf('-'));
    const mine = this.jobs.get(id);
    if (mine) return mine.state !== 'sent'; // a picture taken out of it goes with the rest
    return this.phone.store.keys().some((key) => key.startsWith('job/') && key.includes(`/${id}/`));
  }
}

/** A wait still to come. One longer than any we set was made by another clock, and is over. */
const soon = (wait: number): boolean => wait > 0 && wait <= MOST_WAIT;
