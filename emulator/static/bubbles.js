// One message of a chat as an element.
import { card } from "./cards.js";
import { h, icon, said } from "./dom.js";
import { act } from "./store.js";
import { divs, markdown, plain } from "./text.js";

const GAP = 300; // seconds of silence after which the time is shown

/** before: the message above, for the time between them. */
export function bubble(entry, before, userid, chosen) {
  const time = !before || entry.at - before.at > GAP || entry.at < before.at
    ? h("div", { class: "when" }, `${said.day(entry.at)} ${said.time(entry.at)}`) : null;
  return h("li", { class: `line from-${entry.from}`, "data-id": entry.id }, time, inner(entry, userid, chosen));
}

function inner(entry, userid, chosen) {
  if (entry.recalled) return h("div", { class: "when" }, "应用撤回了一条消息");
  if (entry.kind === "notice") return h("div", { class: "note" }, entry.body.content);
  if (entry.kind === "failure") return failure(entry, userid);
  const drawn = DRAW[entry.kind] ?? ((body) => h("div", { class: "bubble" }, JSON.stringify(body)));
  const row = h("div", { class: "row" },
    entry.from === "app" && h("span", { class: "face", "aria-hidden": "true" }, document.body.dataset.app.slice(0, 1)),
    entry.from === "member" && mark(entry),
    drawn(entry.body, entry, userid, chosen));
  return entry.from === "member" && entry.status === "failed" ? [row, failure(entry, userid)] : row;
}

function mark(entry) {
  if (entry.status === "sending") return h("span", { class: "spin", role: "status", "aria-label": "发送中" });
  if (entry.status === "failed") return h("span", { class: "alert", "aria-label": "没送达" }, "!");
  return null;
}

const REASONS = { timeout: "应用 5 秒内没有回应", "connection error": "连不上应用", "dropped by fault switch": "故障开关把它丢掉了" };

function failure(entry, userid) {
  if (entry.status === "sending") return h("div", { class: "note" }, "正在重发…");
  if (entry.status === "ok") return h("div", { class: "note" }, "刚才的操作已经重新送达");
  return h("button", { type: "button", class: "failed", onclick: () => act("resend", { userid, id: entry.id }) },
    `没送达：${REASONS[entry.error] ?? entry.error}，点此重发`);
}

const DRAW = {
  text: (body) => h("div", { class: "bubble" }, plain(body.content)),
  markdown: (body) => h("div", { class: "bubble markdown" }, markdown(body.content)),
  template_card: (body, entry, userid, chosen) => card(entry, userid, chosen),
  textcard: (body) => h("a", { class: "card textcard", href: web(body.url), target: "_blank", rel: "noopener" },
    h("h3", {}, body.title), h("div", { class: "text" }, divs(body.description)), h("span", { class: "more" }, body.btntxt || "详情", h("i", {}, "›"))),
  news: (body) => h("div", { class: "card news" }, body.articles.map((one) => h("a", { href: web(one.url), target: "_blank", rel: "noopener" },
    one.picurl && h("img", { src: one.picurl, alt: "" }), h("b", {}, one.title), h("p", {}, one.description ?? "")))),
  location: (body) => h("div", { class: "bubble place" }, h("b", {}, body.label || "位置"),
    h("small", {}, `${body.lat.toFixed(5)}, ${body.lng.toFixed(5)}`), h("div", { class: "map", "aria-hidden": "true" }, icon("pin", 28))),
  image: (body) => (body.url ? h("img", { class: "picture", src: body.url, alt: body.name ?? "图片" }) : h("div", { class: "bubble kind" }, icon("picture"), "图片")),
  voice: () => h("div", { class: "bubble kind" }, icon("voice"), "语音"),
  video: () => h("div", { class: "bubble kind" }, icon("video"), "视频"),
  file: (body, entry) => h("div", { class: "bubble kind" }, icon("file"), body.name ?? "文件",
    entry.from === "member" && h("small", { class: "hint" }, "企业微信不会把文件交给应用")),
  link: (body) => h("a", { class: "bubble", href: web(body.url), target: "_blank", rel: "noopener" }, h("b", {}, body.title), h("small", {}, body.description)),
};

const web = (url) => (/^https?:\/\//.test(url ?? "") ? url : null);
