// One phone: whose it is, his chat with the app, what he can do.
import { bubble } from "./bubbles.js";
import { h, said } from "./dom.js";
import { menuBar } from "./menu.js";
import { Miniapp } from "./miniapp.js";
import { morePanel } from "./more.js";
import { Talks } from "./talks.js";
import { act, fresh, look, looked, member, now, store } from "./store.js";

const HINTS = [["/帮助", "看看能做什么"], ["/待办", "今天要跟进谁"], ["/新建 昆山恒泽水务", "记下一个客户"]];
const WAYS = [["app", ""], ["talks", "客户聊天"], ["mini", "小程序"]];

export class Phone {
  /** changed(phone): tell the page that owner or unread count changed. */
  constructor(userid, { changed, remove }) {
    this.changed = changed;
    this.rev = 0;
    this.loaded = false;
    this.turn = Promise.resolve();
    this.entries = new Map();
    this.chosen = new Map();
    this.unread = 0;
    this.list = h("ol", { class: "chat", "aria-live": "polite", tabindex: "0", "aria-label": "对话" });
    this.atBottom = true;
    this.list.addEventListener("scroll", () => {
      this.atBottom = this.atEnd();
      if (this.atBottom && this.looking()) this.read();
    });
    // Whoever reads the newest message goes on seeing it when a panel takes some of the room.
    const settle = () => { if (this.atBottom) this.list.scrollTop = this.list.scrollHeight; };
    new ResizeObserver(settle).observe(this.list);
    this.list.addEventListener("load", settle, true); // a picture that arrives late pushes it down as well
    this.picker = h("select", { class: "who", "aria-label": "换一个人", onchange: (event) => this.hand(event.target.value) });
    this.role = h("small", {});
    this.badge = h("b", { class: "badge", hidden: true });
    this.time = h("span", { class: "time" });
    this.input = h("textarea", { rows: "1", placeholder: "写点什么，或从 / 开始", "aria-label": "消息", enterkeyhint: "send" });
    this.input.addEventListener("keydown", (event) => {
      if (event.key === "Enter" && !event.shiftKey && !event.isComposing) { event.preventDefault(); this.say(); }
    });
    this.input.addEventListener("input", () => this.grow());
    this.more = morePanel(() => this.userid, () => this.toggle(false));
    this.plus = h("button", { type: "button", class: "plus", "aria-label": "位置、图片、语音、文件", "aria-expanded": "false", onclick: () => this.toggle() }, "＋");
    this.menu = h("div", { class: "menu" });
    this.talks = new Talks(() => this.userid);
    this.miniapp = new Miniapp(() => this.userid);
    this.ways = WAYS.map(([way, words]) => h("button", {
      type: "button", "aria-pressed": String(way === "app"), onclick: () => this.turnTo(way),
    }, words || document.body.dataset.app));
    this.node = h("section", { class: "phone" },
      h("header", {}, this.time, h("div", { class: "title" }, h("strong", {}, document.body.dataset.app), this.badge),
        h("button", { type: "button", class: "close", "aria-label": "收起这部手机", onclick: () => remove(this) }, "×")),
      h("div", { class: "owner" }, h("span", { class: "avatar", "aria-hidden": "true" }), this.picker, this.role),
      h("div", { class: "ways", role: "group", "aria-label": "看哪里" }, this.ways),
      this.talks.node,
      this.miniapp.node,
      this.list,
      h("form", { class: "compose", onsubmit: (event) => { event.preventDefault(); this.say(); } },
        this.input, this.plus, h("button", { class: "send" }, "发送")),
      this.more, this.menu);
    this.node.addEventListener("focusin", () => this.read());
    this.node.addEventListener("click", () => this.read());
    this.node.addEventListener("keydown", (event) => { if (event.key === "Escape") this.toggle(false); });
    this.give(userid);
  }

  /** Another person takes the phone. */
  give(userid) {
    this.userid = userid;
    this.rev = 0;
    this.loaded = false;
    this.unread = 0;
    this.entries.clear();
    this.chosen.clear();
    this.list.replaceChildren();
    this.talks.leave();
    this.miniapp.leave();
    this.people();
    this.update();
    this.changed(this);
  }

  /** Somebody opens the chat on this phone: the platform tells the app. */
  hand(userid) {
    this.give(userid);
    act("enter", { userid });
  }

  /** The app's own chat, those with people outside, or the mini-program. */
  turnTo(way) {
    this.node.classList.toggle("without-chat", way !== "app");
    this.ways.forEach((button, place) => button.setAttribute("aria-pressed", String(WAYS[place][0] === way)));
    this.talks.show(way === "talks");
    this.miniapp.show(way === "mini");
  }

  name() { return member(this.userid)?.name ?? this.userid; }

  /** The picker and the lines that depend on the directory, the menu and the clock. */
  people() {
    const renamed = !member(this.userid) && store.members.find((one) => one.formerly?.includes(this.userid));
    if (renamed) { this.give(renamed.userid); return; }
    const owner = member(this.userid);
    const waiting = (one) => (one.userid === this.userid ? 0 : fresh(one.userid));
    const seen = JSON.stringify([this.userid, store.menu, store.members.map((one) => [one.name, one.position, one.reachable, waiting(one)])]);
    looked(this.userid);
    if (seen === this.seen) return; // an open list must not close because something else changed
    this.seen = seen;
    this.picker.replaceChildren(...store.members.filter((one) => one.reachable || one.userid === this.userid).map((one) => h("option", {
      value: one.userid, selected: one.userid === this.userid,
    }, `${one.name} · ${one.position || "成员"}${waiting(one) ? `（${waiting(one)} 条新）` : ""}`)));
    this.node.setAttribute("aria-label", `${this.name()} 的手机`);
    this.node.querySelector(".avatar").textContent = this.name().slice(-1);
    this.role.textContent = store.departments?.find((one) => one.id === owner?.main_department)?.name ?? "";
    this.menu.replaceChildren(...menuBar(store.menu, () => this.userid));
  }

  tick() { this.time.textContent = said.time(now()); }

  /** One look at a time: an older answer must not arrive after a newer one. */
  update() {
    this.turn = this.turn.then(() => this.look());
    return this.turn;
  }

  async look() {
    const asked = this.userid;
    const found = await look("inbox", { userid: asked, since: this.rev }).catch(() => null);
    if (!found || asked !== this.userid) return;
    const first = !this.loaded;
    this.loaded = true;
    const stay = first || this.atEnd();
    if (!first && found.life !== this.life) { this.give(asked); return; }
    this.life = found.life;
    this.rev = found.rev;
    for (const entry of found.messages) {
      if (!first && entry.from === "app" && !this.entries.has(entry.id)) this.unread += 1;
      this.entries.set(entry.id, entry);
    }
    if (found.messages.length || first) this.draw(new Set(found.messages.map((entry) => entry.id)), stay);
    if (this.looking() && stay) this.unread = 0;
    this.show();
  }

  draw(altered, stay) {
    const nodes = new Map([...this.list.children].map((node) => [Number(node.dataset.id), node]));
    let before = null;
    const lines = [...this.entries.values()].sort((a, b) => a.id - b.id).map((entry) => {
      const kept = altered.has(entry.id) ? null : nodes.get(entry.id);
      const line = kept ?? bubble(entry, before, this.userid, this.chosen);
      before = entry;
      return line;
    });
    this.list.replaceChildren(...(lines.length ? lines : [this.empty()]));
    if (stay) this.list.scrollTop = this.list.scrollHeight;
  }

  empty() {
    return h("li", { class: "empty" }, h("span", { class: "face big", "aria-hidden": "true" }, document.body.dataset.app.slice(0, 1)),
      h("p", {}, `${this.name()}，这里是你和「${document.body.dataset.app}」的对话。试试：`),
      HINTS.map(([text, why]) => h("button", { type: "button", onclick: () => this.say(text) }, h("b", {}, text), h("span", {}, why))));
  }

  /** Sends the box's text, or the given one. */
  say(text = this.input.value) {
    if (text.trim() === "") return;
    if (text === this.input.value) { this.input.value = ""; this.grow(); }
    this.list.scrollTop = this.list.scrollHeight;
    act("say", { userid: this.userid, text: text.trim() });
  }

  grow() {
    this.input.style.height = "auto";
    this.input.style.height = `${Math.min(this.input.scrollHeight, 110)}px`;
  }

  toggle(on = this.more.hidden) {
    this.more.hidden = !on;
    this.plus.setAttribute("aria-expanded", String(on));
  }

  atEnd() { return this.list.scrollHeight - this.list.scrollTop - this.list.clientHeight < 60; }

  looking() { return document.hasFocus() && this.node.contains(document.activeElement); }

  read() {
    if (this.unread === 0) return;
    this.unread = 0;
    this.show();
  }

  show() {
    this.badge.hidden = this.unread === 0;
    this.badge.textContent = String(this.unread);
    this.changed(this);
  }
}
