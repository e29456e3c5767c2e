// The log of what crossed between emulator and product, at the foot of the page.
import { h, said, toast } from "./dom.js";
import { look } from "./store.js";

const SHOWN = 300;
const EVERY = 1500; // ms between looks while it is open

export function wire() {
  const rows = h("ol", { class: "wire-list" });
  const count = h("small", {});
  const details = h("details", {}, h("summary", {}, "往来记录", count), rows);
  document.getElementById("wire").append(details);
  let next = 0;
  async function update() {
    const found = await look("wire", { since: next }).catch(() => null);
    if (!found) return;
    if (found.entries.length === 0) return;
    next = found.next;
    rows.prepend(...found.entries.map(line).reverse());
    while (rows.children.length > SHOWN) rows.lastChild.remove();
    count.textContent = ` 最近 ${rows.children.length} 条`;
  }
  details.addEventListener("toggle", update);
  setInterval(() => { if (details.open && !document.hidden) update(); }, EVERY);
}

function line(entry) {
  const bad = entry.status !== 200 || /"errcode": (?!0\b)-?\d+/.test(entry.response);
  const body = h("div", { class: "wire-body" });
  const details = h("details", {}, h("summary", {},
    h("span", { class: `way ${entry.direction}` }, entry.direction === "in" ? "系统 → 企微" : "企微 → 系统"),
    h("b", {}, entry.name), h("span", { class: bad ? "status bad" : "status" }, entry.status), h("span", { class: "ms" }, `${entry.ms} ms`),
    h("time", {}, said.seconds(entry.at))), body);
  details.addEventListener("toggle", () => {
    if (details.open) body.replaceChildren(part("请求", entry.request), part("回答", entry.response));
  });
  return h("li", {}, details);
}

const part = (name, text) => h("div", {}, h("header", {}, name, h("button", {
  type: "button", onclick: async () => { await navigator.clipboard.writeText(text); toast("复制了"); },
}, "复制")), h("pre", {}, text || "（空）"));
