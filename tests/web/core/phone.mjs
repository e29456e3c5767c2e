// A phone that may die at any step, and a server that keeps keys: what the core promises is held against these two.
import { createRequire } from 'node:module';
import { join } from 'node:path';

const require = createRequire(import.meta.url);
/** A compiled module of the core. */
export const core = (name) => require(join(process.env.CORE, `${name}.js`));

/** The same numbers for the same seed (mulberry32). */
export function numbers(seed) {
  let a = seed >>> 0;
  return () => {
    a = (a + 0x6d2b79f5) >>> 0;
    let t = Math.imul(a ^ (a >>> 15), a | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

/** Lets everything go on that waits for nothing but its turn. */
export const settle = () => new Promise((done) => setImmediate(done));

/** Thrown where the app ends. Nothing after it is run by that instance, whatever it catches. */
export class Killed extends Error {}

/** What outlives an app: storage, files, clock; and the network outside. */
export class Device {
  values = new Map();
  files = new Map();
  time = Date.parse('2026-11-23T02:00:00Z');
  holder = 'rep';
  online = true;
  room = Infinity;
  pending = [];
  shots = 0;

  constructor(random, server, faults = 0) { Object.assign(this, { random, server, faults }); }

  /** A temporary picture. */
  shoot(content) {
    const name = `tmp${this.shots += 1}`;
    this.files.set(name, content);
    return name;
  }

  /** An app of this phone that dies at its `kill`th step from now. */
  start(kill = Infinity) { return new Instance(this, kill); }

  /** One of the things under way ends; false where there is none. Virtual time goes on to the next timer where nothing else is left. */
  async step() {
    this.pending = this.pending.filter((one) => !one.app.dead);
    const now = this.pending.filter((one) => one.at <= this.time);
    if (now.length) {
      const one = now[Math.floor(this.random() * now.length)];
      this.pending.splice(this.pending.indexOf(one), 1);
      one.run();
      await settle();
      return true;
    }
    if (!this.pending.length) return false;
    this.time = Math.min(...this.pending.map((one) => one.at));
    return true;
  }

  async rest(most = 3000) {
    await settle();
    for (let n = 0; n < most; n += 1) if (!(await this.step())) return;
    throw new Error('the phone does not come to rest');
  }
}

export class Instance {
  dead = false;
  flying = 0;
  mostFlying = 0;

  constructor(device, kill) {
    Object.assign(this, { device, left: kill });
    const { random } = device;
    this.phone = {
      store: {
        get: (key) => { this.alive(); return device.values.get(key); },
        keys: () => { this.alive(); return [...device.values.keys()]; },
        set: (key, value) => this.dying(() => {
          if (sizeOf(device.values) + value.length > device.room) throw new Error('storage is full');
          device.values.set(key, value);
        }, () => device.values.set(key, value.slice(0, Math.floor(random() * value.length)))),
        remove: (key) => this.dying(() => { device.values.delete(key); }),
      },
      files: {
        save: (from, to) => this.soon(() => {
          if (!device.files.has(from)) throw new Error('no such file');
          device.files.set(to, device.files.get(from));
          device.files.delete(from);
        }),
        exists: (name) => this.soon(() => device.files.has(name)),
        remove: (name) => this.soon(() => { device.files.delete(name); }),
        names: () => this.soon(() => [...device.files.keys()].filter((name) => !name.startsWith('tmp'))),
      },
      http: {
        request: (asked) => this.travel(asked),
        upload: (asked) => this.travel({ ...asked, method: 'POST', body: asked.fields, content: device.files.get(asked.file), missing: !device.files.has(asked.file) }),
      },
      now: () => device.time,
      random,
      later: (wait, act) => {
        const one = { app: this, at: device.time + wait, run: act };
        device.pending.push(one);
        return () => { device.pending = device.pending.filter((other) => other !== one); };
      },
    };
    this.code = () => this.soon(() => device.holder);
  }

  kill() { this.dead = true; }

  alive() { if (this.dead) throw new Killed(); }

  /** A step that can be the last: before it, after it, or in its middle where it has one. */
  dying(act, half = () => undefined) {
    this.alive();
    this.left -= 1;
    if (this.left > 0) return act();
    this.dead = true;
    const when = this.device.random();
    if (when < 0.4) act();
    else if (when < 0.7) half();
    throw new Killed();
  }

  /** Ends some time; never for a dead app. */
  soon(act) {
    this.alive();
    return new Promise((done, failed) => {
      this.device.pending.push({ app: this, at: this.device.time, run: () => {
        try { done(this.dying(act)); } catch (error) { if (!(error instanceof Killed)) failed(error); }
      } });
    });
  }

  travel(asked) {
    this.alive();
    const { device } = this;
    const { random, faults, server } = device;
    this.flying += 1;
    this.mostFlying = Math.max(this.mostFlying, this.flying);
    const bad = (share) => random() < faults * share;
    const sent = JSON.parse(JSON.stringify(asked));
    return new Promise((done, failed) => {
      const answer = () => {
        this.flying -= 1;
        if (!device.online || asked.missing || bad(0.3)) { failed(new Error('lost on the way')); return; }
        const first = server.answer(sent, bad);
        if (bad(0.1)) server.answer(sent, bad); // the network brings it twice
        if (bad(0.3)) failed(new Error('answer lost'));
        else done(first);
      };
      device.pending.push({ app: this, at: device.time + Math.floor(random() * 3) * 200, run: () => {
        try { this.dying(answer, () => { if (device.online && !asked.missing) server.answer(sent, bad); }); } catch (error) { if (!(error instanceof Killed)) throw error; }
      } });
    });
  }
}

const sizeOf = (values) => [...values.values()].reduce((sum, text) => sum + text.length, 0);

/** What the API promises and no more: one effect for a key, refusals not kept, work named by a client there once. */
export class Server {
  tokens = new Map();
  keys = new Map();
  uploads = new Map();
  made = [];
  log = [];
  login = 201;

  /** `bad(share)` says whether this time something goes wrong. */
  answer(asked, bad) {
    const path = asked.url.replace('https://crm.example.com/api/v1', '');
    this.log.push(`${asked.method} ${path}`);
    if (path === '/session' && asked.method === 'POST') return this.signIn(asked);
    if (bad(0.15)) return refusal(503, '系统正忙', {}, { 'retry-after': '5' });
    if (bad(0.1)) return refusal(429, '太快了', {}, { 'retry-after': '20' });
    if (bad(0.1)) return refusal(500, '出了点问题');
    if (bad(0.05)) return { status: 200, headers: {}, body: '<html>请登录无线网络' };
    const token = (asked.headers.Authorization ?? '').slice(7);
    if (bad(0.1)) this.tokens.delete(token);
    const person = this.tokens.get(token);
    if (!person) return refusal(401, '请先登录');
    if (asked.method === 'DELETE' && path === '/session') { this.tokens.delete(token); return { status: 204, headers: {}, body: '' }; }
    return this.once(person, asked, path);
  }

  signIn({ body }) {
    if (this.login !== 201) return refusal(this.login, '账号已停用');
    const token = `t${this.tokens.size}${this.log.length}`;
    this.tokens.set(token, body.code);
    return { status: 201, headers: {}, body: { token, person: { userid: body.code, name: body.code, role: 'rep', role_label: '销售' } } };
  }

  once(person, asked, path) {
    const { sent_at: _, ...meaning } = asked.body ?? {}; // when it was sent is no part of what was sent
    const print = JSON.stringify([asked.method, path, meaning, asked.content]);
    const name = `${person}/${asked.headers['Idempotency-Key']}`;
    const before = this.keys.get(name);
    if (before && before.print !== print) return refusal(409, '编号已经用过', { 'Idempotency-Key': '已用于另一个请求' });
    if (before) return before.answer;
    const answer = path === '/uploads' ? this.upload(person, asked) : this.make(person, asked, path);
    if (answer.status < 300) this.keys.set(name, { print, answer });
    return answer;
  }

  upload(person, { body, content }) {
    if (content.includes('bad')) return refusal(422, '这不是图片', { file: '只收图片' });
    const id = `u${this.uploads.size}`;
    this.uploads.set(id, { person, content, client: body.client_id });
    return { status: 201, headers: {}, body: { id } };
  }

  make(person, asked, path) {
    const { body } = asked;
    if (JSON.stringify(body ?? '').includes('bad')) return refusal(422, '内容不对', { report: '请改' });
    if (JSON.stringify([path, body ?? '']).includes('{job:')) return refusal(422, '没有这个编号');
    const photos = (body?.photos ?? []).map((id) => this.uploads.get(id));
    if (photos.some((one) => one?.person !== person)) return refusal(422, '没有这张照片');
    const twin = body?.client_id && this.made.find((one) => one.person === person && one.body.client_id === body.client_id);
    const id = twin?.id ?? `s${this.made.length}`;
    if (!twin) this.made.push({ id, person, path, method: asked.method, body: body ?? {}, photos: photos.map((one) => one.content), key: asked.headers['Idempotency-Key'] });
    return { status: twin ? 200 : 201, headers: {}, body: { id } };
  }
}

export const refusal = (status, message, fields = {}, headers = {}) => ({ status, headers, body: { code: `c${status}`, message, fields } });
