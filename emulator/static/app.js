// Puts the page together: phones side by side, tabs on a small screen, the bars around them.
import { h } from "./dom.js";
import { Phone } from "./phone.js";
import { follow, fresh, member, refresh, store, watch } from "./store.js";
import { client, clock, faults, rename, stranger } from "./toolbar.js";
import { wire } from "./wire.js";

const KEPT = "emulator.phones";
const FIRST = ["liqiang", "wanglei", "zhouming"];
const MOST = 4;
const room = document.getElementById("phones");
const tabs = document.getElementById("tabs");
const add = h("button", { type: "button", class: "add", "aria-label": "再加一部手机", onclick: () => another() }, "＋");
const addTab = document.getElementById("add-tab");
const phones = [];
let active = null;
let life = null;

function place(userid) {
  const phone = new Phone(userid, { changed: () => { keep(); drawTabs(); }, remove });
  phones.push(phone);
  room.insertBefore(phone.node, add);
  settle();
  return phone;
}

function remove(phone) {
  if (phones.length === 1) return;
  phones.splice(phones.indexOf(phone), 1);
  phone.node.remove();
  if (active === phone) active = phones[0];
  settle();
}

function another() {
  const taken = new Set(phones.map((phone) => phone.userid));
  const next = store.members.find((one) => one.reachable && !taken.has(one.userid));
  if (next) choose(place(next.userid));
}

function settle() {
  active ??= phones[0];
  add.hidden = addTab.hidden = phones.length >= MOST;
  room.dataset.count = phones.length;
  room.classList.toggle("single", phones.length === 1);
  keep();
  drawTabs();
}

function choose(phone) {
  active = phone;
  phone.read();
  drawTabs();
}

function drawTabs() {
  for (const phone of phones) phone.node.classList.toggle("active", phone === active);
  tabs.replaceChildren(...phones.map((phone) => h("button", {
    type: "button", role: "tab", "aria-selected": String(phone === active), onclick: () => choose(phone),
  }, phone.name(), phone.unread > 0 && h("b", { class: "badge" }, phone.unread))));
}

function keep() { localStorage.setItem(KEPT, JSON.stringify(phones.map((phone) => phone.userid))); }

function remembered() {
  let kept = [];
  try { kept = JSON.parse(localStorage.getItem(KEPT)) ?? []; } catch { /* somebody else's value: start with the usual three */ }
  const known = (Array.isArray(kept) ? kept : []).filter((userid) => member(userid)).slice(0, MOST);
  if (known.length) return known;
  const usual = FIRST.filter((userid) => member(userid));
  return usual.length ? usual : store.members.filter((one) => one.reachable).slice(0, 3).map((one) => one.userid);
}

room.append(add);
addTab.addEventListener("click", another);
const tick = clock();
stranger();
rename();
faults();
client();
wire();
await refresh().catch(() => null);
life = store.life;
for (const userid of remembered()) place(userid);
watch((moved) => {
  if (phones.length === 0) for (const userid of remembered()) place(userid);
  for (const phone of phones) {
    phone.people();
    phone.talks.update();
    if (moved.includes(phone.userid) || store.life !== life) phone.update();
  }
  life = store.life;
  tick();
  drawTabs();
  const shown = new Set(phones.map((phone) => phone.userid));
  const waiting = store.members.filter((one) => !shown.has(one.userid)).reduce((sum, one) => sum + fresh(one.userid), 0);
  add.replaceChildren("＋", ...(waiting ? [h("b", { class: "badge", title: "别人的新消息" }, waiting)] : []));
});
const beat = () => { tick(); for (const phone of phones) phone.tick(); };
beat();
setInterval(beat, 1000);
follow();
