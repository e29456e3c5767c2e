// What the page knows of the emulator, kept fresh by one long poll; everybody who shows something subscribes.
import { toast } from "./dom.js";

export const store = { members: [], outside: [], menu: null, faults: { api: {}, callback: {} }, rev: 0, ready: false };
const watchers = new Set();
let skew = 0; // emulator's clock minus this machine's, in seconds

export const now = () => Date.now() / 1000 + skew;
export const member = (userid) => store.members.find((one) => one.userid === userid);

const read = new Map(); // userid → messages he has had when somebody last looked at his phone

/** How many messages came to a member since his phone was last on the page. */
export function fresh(userid) {
  const seen = member(userid)?.seen ?? 0;
  if (!read.has(userid) || read.get(userid) > seen) read.set(userid, seen);
  return seen - read.get(userid);
}

export const looked = (userid) => read.set(userid, member(userid)?.seen ?? 0);

/** f(moved): moved = userids whose chat changed. Called after each change. */
export function watch(f) { watchers.add(f); return () => watchers.delete(f); }

async function ask(path, options) {
  const response = await fetch(`/emu/api/${path}`, options);
  const body = await response.json();
  if (!response.ok) throw new Error(body.message ?? `HTTP ${response.status}`);
  return body;
}

export const look = (what, query = {}) => ask(`${what}?${new URLSearchParams(query)}`);

/** Do something as a person; a refusal is shown and gives null. */
export async function act(action, body = {}) {
  try {
    return await ask(action, { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(body) });
  } catch (error) {
    toast(error.message);
    return null;
  }
}

function take(state) {
  Object.assign(store, state, { ready: true });
  skew = state.clock.now - Date.now() / 1000;
}

export async function refresh() {
  take(await look("state"));
}

/** Runs as long as the page: fetch, tell, wait. */
export async function follow() {
  const offline = document.getElementById("offline");
  for (;;) {
    try {
      if (!store.ready) {
        await refresh();
        for (const tell of watchers) tell(store.members.map((one) => one.userid));
      }
      const change = await look("changes", { since: store.rev });
      if (change.rev !== store.rev) {
        await refresh();
        store.rev = change.rev; // the state may be newer: what came between is told by the next look
        for (const tell of watchers) tell(change.moved);
      }
      offline.hidden = true;
      await pause(120); // under load one look per change would be too many
    } catch {
      offline.hidden = false;
      store.ready = false; // the emulator may be another one when it is back
      await pause(1000);
    }
  }
}

const pause = (ms) => new Promise((done) => { setTimeout(done, ms); });
