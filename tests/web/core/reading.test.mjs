import assert from 'node:assert/strict';
import { test } from 'node:test';
import { core, Device, numbers, Server } from './phone.mjs';

const { Api, OtherPerson, Refused } = core('api');
const { Cache, clearAll } = core('cache');
const { distance, money } = core('format');
const { amount, atMost, check, phone, required } = core('forms');

function open(device = new Device(numbers(1), new Server())) {
  const app = device.start();
  const api = new Api(app.phone.http, () => 'https://crm.example.com', app.code);
  const cache = new Cache(app.phone, 'rep');
  const read = async (path) => {
    const reading = cache.read(api, path).catch((error) => error);
    await device.rest();
    const found = await reading;
    if (found instanceof Error) throw found;
    return found;
  };
  return { device, app, api, cache, read };
}

/** Answers with what `of` says of a path, and 304 to whom knows it. */
function serve(device, of) {
  const asked = [];
  device.server.once = (_, { headers }, path) => {
    asked.push(headers['If-None-Match']);
    const etag = `"${JSON.stringify(of(path)).length}"`;
    return headers['If-None-Match'] === etag ? { status: 304, headers: {}, body: '' } : { status: 200, headers: { etag }, body: of(path) };
  };
  return asked;
}

test('what was read is there without a network, with its age, for this person alone', async () => {
  const { device, app, cache, read } = open();
  serve(device, (path) => ({ path }));
  await read('/today');
  const at = device.time;
  device.online = false;
  await assert.rejects(read('/today'), /网络/);
  assert.deepEqual([cache.get('/today').value, cache.get('/today').at], [{ path: '/today' }, at]);
  assert.equal(new Cache(app.phone, 'other').get('/today'), undefined);
  assert.equal(cache.get('/to'), undefined);
});

test('what has not changed is not sent again, and is as young as the answer', async () => {
  const { device, cache, read } = open();
  const asked = serve(device, (path) => ({ path }));
  await read('/today');
  device.time += 60_000;
  assert.deepEqual((await read('/today')).value, { path: '/today' });
  assert.deepEqual(asked, [undefined, '"17"']);
  assert.ok(device.time - cache.get('/today').at <= 400);
  await read('/today');
  assert.equal(asked[2], '"17"');
});

test('the pages read longest ago go first, and no page is too long', async () => {
  const { device, cache, read } = open();
  serve(device, (path) => ({ path, text: path === '/long' ? 'x'.repeat(210_000) : '' }));
  for (let n = 0; n < 120; n += 1) await read(`/customers/${n}`);
  await read('/customers/0');
  await read('/long');
  await read('/customers/120');
  assert.equal(cache.get('/customers/1'), undefined);
  assert.ok(cache.get('/customers/0'));
  assert.equal(cache.get('/long'), undefined);
  assert.equal(device.values.size, 120);
});

test('full storage fails no reading, and room is made for work', async () => {
  const { device, app, cache, read } = open();
  serve(device, (path) => ({ path }));
  await read('/a');
  device.room = 100;
  assert.deepEqual((await read('/b')).value, { path: '/b' });
  assert.equal(device.values.size, 0);
  device.room = Infinity;
  await read('/a');
  clearAll(app.phone);
  assert.equal(cache.get('/a'), undefined);
});

test('another person who signed in meanwhile reads nothing into it', async () => {
  const { device, read } = open();
  serve(device, () => ({}));
  device.holder = 'other';
  await assert.rejects(read('/today'), OtherPerson);
});

test('many questions at once sign in once; signed out, nobody asks', async () => {
  const { device, api } = open();
  serve(device, () => ({}));
  const asking = Promise.all(['/a', '/b', '/c'].map((path) => api.get(path)));
  await device.rest();
  await asking;
  assert.equal(device.server.log.filter((line) => line === 'POST /session').length, 1);
  const leaving = api.signOut();
  await device.rest();
  await leaving;
  assert.equal(device.server.tokens.size, 0);
  await assert.rejects(api.get('/a'), /退出/);
  assert.equal(device.server.log.at(-1), 'DELETE /session');
});

test('a refusal keeps the server\'s words and fields', async () => {
  const { device, read } = open();
  device.server.once = () => ({ status: 403, headers: {}, body: { code: 'forbidden', message: '没有权限', fields: { a: 'b' } } });
  const error = await read('/x').catch((found) => found);
  assert.ok(error instanceof Refused);
  assert.deepEqual([error.status, error.code, error.message, error.fields], [403, 'forbidden', '没有权限', { a: 'b' }]);
});

test('money and distances', () => {
  const said = ['', '0', '3200', '9999.5', '10000', '860000', '12345678', '99994999', '99999999', '125000000', '123456000000', '-50000', '＊＊＊'].map(money);
  assert.deepEqual(said, ['', '¥0', '¥3,200', '¥9,999.5', '¥1 万', '¥86 万', '¥1,234.57 万', '¥9,999.5 万', '¥1 亿', '¥1.25 亿', '¥1,234.56 亿', '-¥5 万', '＊＊＊']);
  assert.deepEqual([null, 0, 35.4, 999.6, 1234, 99_960, 120_000].map(distance), ['', '0 米', '35 米', '1 公里', '1.2 公里', '100 公里', '120 公里']);
});

test('a form says the first thing against each field', () => {
  const rules = { name: [required('写上名字'), atMost(4)], tel: [phone], sum: [amount] };
  assert.deepEqual(check({ name: '海达', tel: '+86 (574) 8700-0000', sum: '1.50' }, rules), {});
  assert.deepEqual(check({ tel: '', sum: '' }, rules), { name: '写上名字' });
  const said = check({ name: '一二三四五', tel: '12a45', sum: '1.234' }, rules);
  assert.deepEqual(Object.keys(said), ['name', 'tel', 'sum']);
  assert.equal(said.name, '最多 4 个字，现在 5 个');
});
