import assert from 'node:assert/strict';
import { test } from 'node:test';
import { core, Device, numbers, refusal, Server, settle } from './phone.mjs';

const { Api } = core('api');
const { Queue } = core('queue');
const { mention } = core('jobs');
const { beforeLeaving, standing } = core('standing');
const work = core('work');
const { addPhoto, beginVisit, nameVisit, removePhoto, writeVisit } = core('visits');

const VISIT = {
  customer_id: 'c1', latitude: 29.8, longitude: 121.5, datum: 'gcj02', accuracy_m: 30, fix_at: '2026-11-23T02:00:00Z', at: '2026-11-23T02:00:00Z',
  device: 'd1', place: '', report: '谈了价格', plan_id: '', why: '',
};

function open(device = new Device(numbers(1), new Server()), owner = 'rep') {
  const app = device.start();
  const api = new Api(app.phone.http, () => 'https://crm.example.com', app.code);
  const queue = new Queue(app.phone, api, owner, () => undefined);
  return { device, server: device.server, app, api, queue };
}

/** The server says this the first `times` times to whatever matches. */
function say(server, matches, answer, times = Infinity) {
  const really = server.once.bind(server);
  let left = times;
  server.once = (person, asked, path) => (matches(asked, path) && (left -= 1) >= 0 ? answer : really(person, asked, path));
}

async function visitWithPhotos(queue, device, contents) {
  const id = beginVisit(queue, '宁波海达', VISIT);
  for (const content of contents) {
    const adding = addPhoto(queue, id, device.shoot(content));
    await device.rest();
    await adding;
  }
  return id;
}

const note = (text) => ({ kind: 'follow_up', title: '跟进 宁波海达', method: 'POST', path: '/customers/c1/follow-ups', body: { text } });

test('photos go first and one by one, then the visit, with its own name as key', async () => {
  const { device, server, app, queue } = open();
  const id = await visitWithPhotos(queue, device, ['a', 'b']);
  queue.handIn(id);
  await device.rest();
  assert.deepEqual(server.log, ['POST /session', 'POST /uploads', 'POST /uploads', 'POST /visits']);
  assert.equal(app.mostFlying, 1);
  assert.deepEqual(server.made[0].photos, ['a', 'b']);
  assert.equal(server.made[0].key, id);
  assert.equal(server.made[0].body.client_id, id);
  assert.deepEqual([...server.uploads.values()].map((one) => one.client), [`${id}_photo_1`, `${id}_photo_2`]);
  assert.ok(server.made[0].body.sent_at);
  assert.deepEqual(queue.unsent(), []);
  assert.equal(device.files.size, 0);
});

test('every key fits what the API takes', async () => {
  const { device, queue } = open();
  const keys = [];
  device.server.once = (_, asked) => { keys.push(asked.headers['Idempotency-Key']); return { status: 201, headers: {}, body: { id: 'x' } }; };
  queue.handIn(await visitWithPhotos(queue, device, ['a']));
  await device.rest();
  assert.equal(keys.length, 2);
  for (const key of keys) assert.match(key, /^[A-Za-z0-9_-]{1,64}$/);
});

test('a picture taken out and another taken have different keys', async () => {
  const { device, server, queue } = open();
  const id = await visitWithPhotos(queue, device, ['a', 'b']);
  const removing = removePhoto(queue, id, 1);
  await device.rest();
  await removing;
  const adding = addPhoto(queue, id, device.shoot('c'));
  await device.rest();
  await adding;
  queue.handIn(id);
  await device.rest();
  assert.deepEqual(server.made[0].photos, ['b', 'c']);
  assert.equal(device.files.size, 0);
});

test('without a network one is tried, and all go as soon as there is one, by timer alone', async () => {
  const { device, server, app, queue } = open();
  device.online = false;
  for (const text of ['一', '二', '三']) queue.add(note(text));
  for (let n = 0; n < 40; n += 1) await device.step();
  assert.equal(server.log.length, 0);
  assert.match(queue.trouble, /网络/);
  assert.equal(app.mostFlying, 1);
  device.online = true;
  await device.rest();
  assert.deepEqual(server.made.map((one) => one.body.text), ['一', '二', '三']);
  assert.equal(queue.trouble, '');
});

test('an eager flush does not wait out what nobody answered', async () => {
  const { device, server, api, queue } = open();
  const entering = api.signedIn();
  await device.rest();
  await entering;
  device.online = false;
  queue.add(note('一'));
  for (let n = 0; n < 12; n += 1) await device.step();
  device.online = true;
  const before = device.time;
  const flushing = queue.flush(true);
  while (!server.made.length && await device.step());
  await flushing;
  assert.ok(device.time - before <= 400);
});

test('what the server asks us to wait for is waited for, eager or not', async () => {
  const { device, server, queue } = open();
  say(server, () => true, refusal(503, '系统正忙', {}, { 'retry-after': '60' }), 1);
  queue.add(note('一'));
  while (server.log.length < 2) await device.step();
  await settle();
  const asked = device.time;
  assert.equal(queue.trouble, '系统正忙');
  await queue.flush(true);
  assert.equal(server.made.length, 0);
  await device.rest();
  assert.equal(server.made.length, 1);
  assert.ok(device.time - asked >= 60_000);
});

test('a day longer than the server takes in a minute arrives whole and once, and nothing is asked before its time', async () => {
  const { device, server, queue } = open();
  const really = server.answer.bind(server);
  let full = 0; // a bucket of thirty calls a minute, as the server keeps one
  let closed = 0;
  let refused = 0;
  server.answer = (asked, bad) => {
    assert.ok(device.time >= closed, 'asked before it was time');
    full = Math.max(full, device.time) + 2000;
    const wait = Math.ceil((full - device.time - 60_000) / 1000);
    if (wait <= 0) return really(asked, bad);
    full -= 2000;
    refused += 1;
    closed = device.time + wait * 1000;
    return refusal(429, '请求太频繁', {}, { 'retry-after': String(wait) });
  };
  device.online = false;
  const shots = await visitWithPhotos(queue, device, ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h', 'i']);
  queue.handIn(shots);
  for (let n = 0; n < 80; n += 1) queue.add(note(`第${n}句`));
  for (let n = 0; n < 20; n += 1) await device.step();
  device.online = true;
  void queue.flush(true);
  await device.rest(6000);
  assert.ok(refused > 3);
  assert.deepEqual(queue.unsent(), []);
  assert.equal(server.made.length, 81);
  assert.deepEqual(server.made.find((one) => one.key === shots).photos, ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h', 'i']);
  assert.equal(new Set(server.made.map((one) => one.key)).size, 81);
});

test('also where it is signing in that is too much at the moment', async () => {
  const { device, server, queue } = open();
  let left = 1;
  const really = server.signIn.bind(server);
  const times = [];
  server.signIn = (asked) => {
    times.push(device.time);
    return (left -= 1) >= 0 ? refusal(429, '请求太频繁', {}, { 'retry-after': '40' }) : really(asked);
  };
  queue.add(note('一'));
  while (!times.length) await device.step();
  await settle();
  assert.equal(queue.trouble, '请求太频繁');
  await queue.flush(true);
  await device.rest();
  assert.equal(server.made.length, 1);
  assert.equal(times.length, 2);
  assert.ok(times[1] - times[0] >= 40_000);
});

test('a year of waiting, asked for by mistake or by a clock set back, is not waited', async () => {
  const { device, server, queue } = open();
  say(server, () => true, refusal(503, '系统正忙', {}, { 'retry-after': '31536000' }), 1);
  queue.add(note('一'));
  while (server.log.length < 2) await device.step();
  await settle();
  const asked = device.time;
  await device.rest();
  assert.ok(device.time - asked <= 6 * 60_000);
  device.online = false;
  queue.add(note('二'));
  for (let n = 0; n < 12; n += 1) await device.step();
  device.online = true;
  device.time -= 86_400_000;
  void queue.flush();
  for (let n = 0; n < 12; n += 1) await device.step();
  assert.equal(server.made.length, 2);
});

test('a login that has run out is renewed, and the work goes on', async () => {
  const { device, server, queue } = open();
  queue.add(note('一'));
  await device.rest();
  server.tokens.clear();
  queue.add(note('二'));
  await device.rest();
  assert.equal(server.made.length, 2);
  assert.deepEqual(server.log.slice(2), ['POST /customers/c1/follow-ups', 'POST /session', 'POST /customers/c1/follow-ups']);
});

test('whoever is not let in keeps his work, untouched, until he is', async () => {
  const { device, server, queue } = open();
  server.login = 403;
  queue.add(note('一'));
  for (let n = 0; n < 12; n += 1) await device.step();
  assert.equal(queue.trouble, '账号已停用');
  assert.equal(queue.list()[0].state, 'waiting');
  server.login = 201;
  void queue.flush(true);
  await device.rest();
  assert.equal(server.made.length, 1);
});

test('a refusal is kept in the server\'s words and holds nothing back; mended, it goes', async () => {
  const { device, server, queue } = open();
  const id = queue.add(note('坏'));
  queue.add(note('好'));
  await device.rest();
  assert.deepEqual(server.made.map((one) => one.body.text), ['好']);
  const [refused] = queue.unsent();
  assert.equal(refused.state, 'refused');
  assert.deepEqual([refused.said.status, refused.said.message, refused.said.fields], [422, '内容不对', { report: '请改' }]);
  queue.edit(id, (job) => { job.body.text = '改好了'; });
  queue.handIn(id);
  await device.rest();
  assert.deepEqual(server.made.map((one) => one.body.text), ['好', '改好了']);
});

test('a refused picture is named, and the visit goes without it', async () => {
  const { device, server, queue } = open();
  const id = await visitWithPhotos(queue, device, ['a', '坏']);
  queue.handIn(id);
  await device.rest();
  assert.equal(queue.list()[0].said.photo, 2);
  const removing = removePhoto(queue, id, 2);
  await device.rest();
  await removing;
  queue.handIn(id);
  await device.rest();
  assert.deepEqual(server.made[0].photos, ['a']);
  assert.equal(server.uploads.size, 1);
});

test('a picture the phone lost is said, not tried for ever', async () => {
  const { device, queue } = open();
  const id = await visitWithPhotos(queue, device, ['a']);
  device.files.clear();
  queue.handIn(id);
  await device.rest();
  assert.equal(queue.list()[0].said.code, 'photo_lost');
});

test('one that is never answered, and one the server stumbles over, hold back no other', async () => {
  for (const answer of [null, refusal(500, '出了点问题')]) {
    const { device, server, queue } = open();
    const really = server.once.bind(server);
    server.once = (person, asked, path) => {
      if (asked.body.text !== '毒') return really(person, asked, path);
      if (!answer) return { status: 302, headers: {}, body: '' };
      return answer;
    };
    queue.add(note('毒'));
    queue.add(note('好'));
    for (let n = 0; n < 60; n += 1) await device.step();
    assert.deepEqual(server.made.map((one) => one.body.text), ['好']);
    assert.equal(queue.unsent().length, 1);
  }
});

test('what a network\'s own page answers is not taken for a yes', async () => {
  const { device, server, queue } = open();
  say(server, () => true, { status: 200, headers: {}, body: '<html>' }, 1);
  queue.add(note('一'));
  while (server.log.length < 2) await device.step();
  await settle();
  assert.equal(queue.unsent().length, 1);
  await device.rest();
  assert.equal(server.made.length, 1);
});

test('what was perhaps sent cannot be changed; thrown away by mistake it comes back', async () => {
  const { device, server, queue } = open();
  device.online = false;
  const id = queue.add(note('一'));
  queue.edit(id, (job) => { job.body.text = '一改'; }); // nothing was sent yet
  queue.handIn(id);
  for (let n = 0; n < 12; n += 1) await device.step();
  device.online = true;
  say(server, () => true, refusal(500, ''), 1);
  void queue.flush(true);
  while (!server.log.some((line) => line.includes('follow'))) await device.step();
  await settle();
  assert.throws(() => queue.edit(id, () => undefined), /不能再改/);
  queue.discard(id);
  await device.rest();
  assert.equal(server.made.length, 0);
  assert.deepEqual(queue.unsent(), []);
  queue.undoDiscard(id);
  await device.rest();
  assert.deepEqual(server.made.map((one) => one.body.text), ['一改']);
});

test('work that needs other work waits for it and says the name the server gave', async () => {
  const { device, server, queue } = open();
  device.online = false;
  const call = queue.add({ kind: 'call', title: '电话', method: 'POST', path: '/calls', body: {}, named: true });
  queue.add({ kind: 'call', title: '电话', method: 'PATCH', path: `/calls/${mention(call)}`, body: { reached: true } });
  const plan = queue.add({ kind: 'plan', title: '计划', method: 'POST', path: '/visit-plans', body: { note: '坏' }, named: true });
  const visit = beginVisit(queue, '宁波海达', { ...VISIT, plan_id: mention(plan) });
  queue.handIn(visit);
  const change = queue.add({ kind: 'plan', title: '计划', method: 'PATCH', path: `/visit-plans/${mention(plan)}`, body: {} });
  device.online = true;
  await device.rest();
  assert.deepEqual(server.made.map((one) => one.path), ['/calls', '/calls/s0']);
  queue.discard(plan);
  void queue.flush();
  await device.rest();
  assert.equal(server.made[2].path, '/visits');
  assert.equal(server.made[2].body.plan_id, '');
  assert.deepEqual(queue.unsent().map((job) => [job.id, job.said.code]), [[change, 'orphan']]);
});

test('nobody but its owner sees or sends it', async () => {
  const { device, server, app, api, queue } = open();
  device.holder = 'other';
  queue.add(note('一'));
  const second = new Queue(app.phone, api, 'other', () => undefined);
  assert.deepEqual(second.list(), []);
  void second.flush(true);
  await device.rest();
  assert.equal(server.made.length, 0);
  assert.equal(queue.list()[0].tries, 0); // not even tried, so it may still be changed
  queue.stop();
  const back = open(device);
  device.holder = 'rep';
  void back.queue.flush();
  await device.rest();
  assert.deepEqual(server.made.map((one) => one.person), ['rep']);
});

test('clearing up for one person leaves the other\'s pictures', async () => {
  const { device, app, api, queue } = open();
  await visitWithPhotos(queue, device, ['a']);
  device.files.set('0-1', 'nobody\'s');
  const second = new Queue(app.phone, api, 'other', () => undefined);
  const mending = second.mend();
  await device.rest();
  await mending;
  assert.deepEqual([...device.files.values()], ['a']);
});

test('full storage gives up what can be read again, and else says so before anything is lost', async () => {
  const device = new Device(numbers(1), new Server());
  const app = device.start();
  const api = new Api(app.phone.http, () => '', app.code);
  device.values.set('read', 'x'.repeat(5000));
  device.room = 5100;
  const queue = new Queue(app.phone, api, 'rep', () => device.values.delete('read'));
  const id = queue.begin(note('一'));
  assert.ok(!device.values.has('read'));
  assert.throws(() => queue.edit(id, (job) => { job.body.text = '长'.repeat(6000); }), /空间满了/);
  assert.equal(queue.list()[0].body.text, '一');
});

test('what was sent is forgotten after days, not while other work names it', async () => {
  const { device, queue } = open();
  const first = queue.add(note('一'));
  await device.rest();
  device.time += 4 * 86_400_000;
  const draft = queue.begin({ ...note('二'), body: { after: mention(first) } });
  const mend = async () => { const mending = queue.mend(); await device.rest(); await mending; };
  await mend();
  assert.equal(queue.list().length, 2);
  queue.discard(draft);
  await mend();
  assert.deepEqual(queue.list().map((job) => job.id), [draft]);
  device.time += 8 * 86_400_000;
  await mend();
  assert.deepEqual([...device.values.keys()], []);
});

test('a visit under work is saved at every change and found again by the next run', async () => {
  const { device, queue } = open();
  const id = beginVisit(queue, '宁波海达', VISIT);
  writeVisit(queue, id, { report: '谈了' });
  assert.equal(open(device).queue.list()[0].body.report, '谈了');
});

test('a visit is named when it is known whom it is about, as often as that changes, and no more once it may have been sent', async () => {
  const { device, server, queue } = open();
  const id = beginVisit(queue, '', { ...VISIT, customer_id: '' });
  nameVisit(queue, id, 'c2', '宁波海达', 'p1');
  nameVisit(queue, id, 'c3', '海宁丁泰', '');
  assert.deepEqual([queue.jobs.get(id).title, queue.jobs.get(id).body.report], ['拜访 海宁丁泰', VISIT.report]);
  queue.handIn(id);
  await device.rest();
  const { customer_id, plan_id } = server.made[0].body;
  assert.deepEqual([customer_id, plan_id, server.made.length], ['c3', '', 1]);
  assert.throws(() => nameVisit(queue, id, 'c4', '平湖戊泰', ''));
});

test('the badge counts what waits and what wants a person; leaving asks while anything would stay behind', async () => {
  const { device, queue } = open();
  assert.deepEqual([standing(queue).badge, beforeLeaving(queue)], ['', '']);
  queue.add(note('坏'));
  await device.rest();
  device.online = false;
  queue.add(note('好'));
  beginVisit(queue, '宁波海达', VISIT);
  assert.deepEqual(standing(queue), { waiting: 1, refused: 1, drafts: 1, badge: '待同步 1 · 1 条没有收下' });
  assert.match(beforeLeaving(queue), /1 条等着同步、1 条没有收下、1 条草稿/);
});

test('work of every kind goes where the API takes it', async () => {
  const { device, server, queue } = open();
  const at = '2026-11-23T02:00:00Z';
  const call = queue.add(work.call('c1', '海达', '', at));
  queue.add(work.callTold(mention(call), '海达', true, '要报价'));
  const plan = queue.add(work.plan('c1', '海达', '2026-11-24', ''));
  queue.add(work.planChange(mention(plan), '海达', { place: 1 }));
  queue.add(work.planDrop(mention(plan), '海达'));
  queue.add(work.followUp('c1', '海达', '谈了', at, null));
  queue.add(work.todo('c1', '海达', '寄样', at));
  queue.add(work.visitReport('v1', '海达', '谈了价格'));
  queue.add(work.appeal('v1', '海达', '在二楼'));
  queue.add(work.review('v1', '海达', 'valid', ''));
  queue.add(work.visitDrop('v1', '海达'));
  await device.rest();
  assert.deepEqual(server.made.map((one) => `${one.method} ${one.path}`), [
    'POST /calls', 'PATCH /calls/s0', 'POST /visit-plans', 'PATCH /visit-plans/s2', 'DELETE /visit-plans/s2', 'POST /customers/c1/follow-ups',
    'POST /customers/c1/todos', 'POST /visits/v1/report', 'POST /visits/v1/appeal', 'POST /visits/v1/review', 'DELETE /visits/v1',
  ]);
  assert.equal(server.made[0].body.client_id, call);
});

test('two changes to one thing arrive in their order, also when the first stumbles; others pass', async () => {
  const { device, server, queue } = open();
  say(server, (asked) => asked.body.place === 1, refusal(500, ''), 2);
  for (const place of [1, 2]) queue.add(work.planChange('p1', '海达', { place }));
  queue.add(work.planChange('p2', '海达', { place: 3 }));
  await device.rest();
  assert.deepEqual(server.made.map((one) => one.body.place), [3, 1, 2]);
});

test('an upload that says no name was not taken by the product', async () => {
  const { device, server, queue } = open();
  say(server, (_, path) => path === '/uploads', { status: 200, headers: {}, body: {} }, 1);
  queue.handIn(await visitWithPhotos(queue, device, ['a']));
  await device.rest();
  assert.deepEqual(server.made[0].photos, ['a']);
});
