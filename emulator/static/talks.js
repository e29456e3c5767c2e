// The chats with people outside and with the robot: a list, one of them open, and beside a customer's the product's own page.
import { h, said, toast } from "./dom.js";
import { act, look, store } from "./store.js";

const PRODUCT = document.body.dataset.product;
const PAGE = `${PRODUCT}/sidebar/`;
const ROBOT = "robot";
const KINDS = { image: "图片", file: "文件", video: "视频" };

export class Talks {
  /** who() names the member. */
  constructor(who) {
    this.who = who;
    this.open = null;
    this.list = h("ul", { class: "talk-list" });
    this.said = h("ol", { class: "talk-said", tabindex: "0", "aria-label": "和客户的聊天" });
    this.input = h("input", { placeholder: "和客户说点什么", "aria-label": "发给客户" });
    this.title = h("strong", {});
    this.place = h("div", { class: "talk-page" });
    this.agree = h("button", { type: "button", class: "talk-fold", onclick: () => this.agreed() });
    this.other = h("button", { type: "button", class: "second", onclick: () => this.say(true) });
    this.room = h("div", { class: "talk-room", hidden: true },
      h("div", { class: "talk-head" }, h("button", { type: "button", "aria-label": "返回聊天列表", onclick: () => this.leave() }, "‹"), this.title,
        this.agree, h("button", { type: "button", class: "talk-fold", "aria-expanded": "true", onclick: (event) => this.fold(event.currentTarget) }, "收起聊天")),
      h("div", { class: "talk-chat" }, this.said, h("form", { onsubmit: (event) => { event.preventDefault(); this.say(); } },
        this.input, h("button", {}, "发送"), this.other)),
      this.place);
    this.node = h("div", { class: "talks", hidden: true }, this.list, this.room);
    window.addEventListener("message", (event) => this.bridge(event));
  }

  show(on) {
    this.node.hidden = !on;
    if (on) this.update();
  }

  async update() {
    if (this.node.hidden) return;
    const userid = this.who();
    const robot = this.open?.kind === ROBOT;
    const found = await look("talks", { userid, ...(this.open && !robot ? { chat: this.open.chat } : {}) }).catch(() => null);
    if (!found || userid !== this.who()) return;
    if (store.robot) found.chats.unshift({ chat: ROBOT, kind: ROBOT, name: store.robot, about: "智能机器人 · 听语音、收引用和文件" });
    if (robot) found.said = (await look("inbox", { userid, of: ROBOT, since: 0 })).messages.map((one) => ({ ...one, by: one.from, body: { content: quoted(one.body) } }));
    this.consent(found.chats.find((one) => one.chat === this.open?.chat)?.agreed);
    this.list.replaceChildren(...(found.chats.length ? found.chats.map((one) => this.line(one)) : [h("li", { class: "talk-none" }, "还没有客户好友。点页面上方「陌生客户添加」")]));
    this.said.replaceChildren(...found.said.map((one) => bubble(one)));
    this.said.scrollTop = this.said.scrollHeight;
  }

  line(one) {
    return h("li", {}, h("button", { type: "button", onclick: () => this.enter(one) },
      h("span", { class: `face ${one.kind}`, "aria-hidden": "true" }, one.name.slice(0, 1)),
      h("span", {}, h("b", {}, one.name), h("small", {}, one.last || one.about))));
  }

  enter(one) {
    this.open = one;
    const robot = one.kind === ROBOT;
    this.title.textContent = one.name;
    this.list.hidden = true;
    this.room.hidden = false;
    this.room.classList.toggle("with-robot", robot);
    this.agree.hidden = one.kind !== "external_contact";
    this.consent(one.agreed);
    this.input.placeholder = robot ? "对机器人说点什么" : "和客户说点什么";
    this.other.textContent = robot ? "语音" : "客户说";
    this.other.title = robot ? "当作语音说出来，机器人收到转写的文字" : "这句话是客户说的";
    if (robot) this.place.replaceChildren();
    else this.place.replaceChildren(h("iframe", { src: PAGE, title: `${one.name} 旁边的客户资料`, "data-userid": this.who() }));
    this.update();
  }

  leave() {
    this.open = null;
    this.room.hidden = true;
    this.list.hidden = false;
    this.place.replaceChildren();
    this.update();
  }

  fold(button) {
    const folded = this.room.classList.toggle("folded");
    button.textContent = folded ? "展开聊天" : "收起聊天";
    button.setAttribute("aria-expanded", String(!folded));
  }

  /** other: by the customer; to the robot, as a voice message. */
  async say(other = false) {
    const text = this.input.value.trim();
    if (!text) return;
    this.input.value = "";
    if (this.open.kind === ROBOT) await act("robot-say", { userid: this.who(), [other ? "voice" : "text"]: text });
    else await act("talk", { userid: this.who(), chat: this.open.chat, text, by: other ? "outside" : "member" });
    this.update();
  }

  /** The button is what the customer may do next. */
  consent(given) {
    this.given = given === true;
    this.agree.textContent = this.given ? "客户撤回同意" : "客户同意存档";
  }

  async agreed() {
    const agreed = !this.given;
    if (!await act("agree", { userid: this.who(), external_userid: this.open.chat, agreed })) return;
    this.consent(agreed);
    toast(agreed ? "客户同意了会话存档，从下一秒说的话开始存" : "客户撤回了同意，说过的不再给人看");
  }

  /** A call from the page in our frame, and from nowhere else. */
  async bridge(event) {
    const frame = this.place.querySelector("iframe");
    if (event.origin !== PRODUCT || !frame || event.source !== frame.contentWindow) return;
    const { call, ...asked } = event.data;
    const found = await act("bridge", { ...asked, userid: this.who(), chat: this.open?.chat ?? "" });
    if (found?.answer) frame.contentWindow?.postMessage({ call, answer: found.answer }, PRODUCT);
    if (asked.name === "sendChatMessage") this.update();
  }
}

function quoted(body) {
  return body.quote ? `${body.content}\n「${body.quote}」` : body.content;
}

function bubble(one) {
  const what = one.kind === "text" ? one.body.content : `${KINDS[one.kind] ?? one.kind}：${one.body.name}`;
  return h("li", { class: `from-${one.by}` }, h("span", { class: "bubble", title: said.time(one.at) },
    one.kind === "image" ? h("img", { src: one.body.url, alt: one.body.name }) : what));
}
