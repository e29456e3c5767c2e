// The clock, the dialogs of the stranger and of the new userid, and the fault switches.
import { h, said, toast } from "./dom.js";
import { act, now, store, watch } from "./store.js";

const HOUR = 3600;
const DAY = 24 * HOUR;

export function clock() {
  const date = h("b", {});
  const time = h("span", { class: "now" });
  const shift = h("small", {});
  const back = h("button", { type: "button", class: "link", onclick: () => act("clock", { reset: true }) }, "回到现在");
  const jump = (seconds) => act("clock", { advance: seconds });
  const step = (name, seconds) => h("button", { type: "button", onclick: () => jump(seconds) }, name);
  const custom = h("form", { class: "custom", hidden: true, onsubmit: (event) => {
    event.preventDefault();
    const days = Number(event.target.elements.days.value);
    if (!Number.isFinite(days) || days === 0) { toast("填天数，例如 15 或 0.5"); return; }
    custom.hidden = true;
    jump(days * DAY);
  } }, h("input", { name: "days", inputmode: "decimal", placeholder: "天数", "aria-label": "前进几天" }), h("button", {}, "前进"));
  document.getElementById("clock").append(
    h("div", { class: "face-of-clock" }, date, time, shift), h("div", { class: "steps" },
      step("+1 小时", HOUR), step("+1 天", DAY), step("+7 天", 7 * DAY), step("+30 天", 30 * DAY),
      h("button", { type: "button", onclick: () => { custom.hidden = !custom.hidden; custom.querySelector("input").focus(); } }, "自定"), custom, back));
  return () => {
    date.textContent = `${said.year(now())} ${said.weekday(now())}`;
    time.textContent = said.seconds(now());
    const offset = store.clock?.offset ?? 0;
    back.hidden = Math.abs(offset) < 1;
    shift.textContent = back.hidden ? "" : `${offset > 0 ? "快" : "慢"} ${inWords(Math.abs(offset))}`;
  };
}

function inWords(seconds) {
  const total = Math.round(seconds / HOUR);
  const [days, hours] = [Math.floor(total / 24), total % 24];
  return [days && `${days} 天`, hours && `${hours} 小时`].filter(Boolean).join(" ") || `${Math.round(seconds / 60)} 分钟`;
}

export function stranger() {
  const box = document.getElementById("stranger");
  const rep = h("select", { name: "userid" });
  const known = h("select", { name: "known", onchange: () => fill() });
  const form = h("form", { method: "dialog" },
    h("h2", { id: "stranger-title" }, "陌生客户添加同事"),
    h("p", { class: "quiet" }, "客户在微信里扫了同事的名片，应用会收到「新增客户」事件。"),
    h("label", {}, "加谁", rep), h("label", {}, "谁来加", known),
    h("label", {}, "姓名", h("input", { name: "name", required: true })),
    h("label", {}, "公司", h("input", { name: "corp_name", placeholder: "可不填" })),
    h("label", {}, "职位", h("input", { name: "position", placeholder: "可不填" })),
    h("div", { class: "ends" }, h("button", { type: "button", onclick: () => box.close() }, "取消"), h("button", { class: "strong", value: "ok" }, "添加")));
  const fields = form.elements;
  function fill() {
    const person = store.outside.find((one) => one.external_userid === known.value);
    for (const name of ["name", "corp_name", "position"]) fields[name].value = person?.[name] ?? "";
  }
  form.addEventListener("submit", async () => {
    const body = Object.fromEntries(["userid", "name", "corp_name", "position"].map((name) => [name, fields[name].value.trim()]));
    const done = await act("stranger", known.value ? { ...body, external_userid: known.value } : body);
    if (done) toast(done.attempts.at(-1)?.error ? `事件没送达：${done.attempts.at(-1).error}` : `${body.name} 加上了，应用已收到事件`);
  });
  box.append(form);
  document.getElementById("stranger-open").addEventListener("click", () => {
    rep.replaceChildren(...store.members.filter((one) => one.reachable).map((one) => h("option", { value: one.userid }, `${one.name} · ${one.position}`)));
    known.replaceChildren(h("option", { value: "" }, "新的人"), ...store.outside.map((one) => h("option", { value: one.external_userid },
      `${one.name} · ${one.corp_name || "微信用户"}${one.friends.length ? "（已有好友）" : ""}`)));
    rep.value = "liqiang";
    known.value = store.outside.find((one) => one.friends.length === 0)?.external_userid ?? "";
    fill();
    box.showModal();
  });
}

export function rename() {
  const box = document.getElementById("rename");
  const who = h("select", { name: "userid" });
  const wanted = h("input", { name: "new_userid", required: true, maxlength: "64", placeholder: "字母、数字和 _ - @ ." });
  const form = h("form", { method: "dialog" },
    h("h2", { id: "rename-title" }, "成员换账号"),
    h("p", { class: "quiet" }, "管理员在通讯录里改了成员的账号，应用会收到「成员变更」事件，里面有新旧两个账号。"),
    h("label", {}, "成员", who), h("label", {}, "新账号", wanted),
    h("div", { class: "ends" }, h("button", { type: "button", onclick: () => box.close() }, "取消"), h("button", { class: "strong", value: "ok" }, "改账号")));
  form.addEventListener("submit", async () => {
    const done = await act("member", { userid: who.value, new_userid: wanted.value.trim() });
    if (done) toast(done.attempts.at(-1)?.error ? `事件没送达：${done.attempts.at(-1).error}` : "账号改好了，应用已收到事件");
  });
  box.append(form);
  document.getElementById("rename-open").addEventListener("click", () => {
    who.replaceChildren(...store.members.map((one) => h("option", { value: one.userid }, `${one.name} · ${one.userid}`)));
    wanted.value = "";
    box.showModal();
  });
}

const API = [
  ["busy", "平台繁忙（-1）"], ["http_500", "接口返回 500"], ["hang", "接口 30 秒不回应"], ["reset_after", "处理了，但断线没有回答"],
  ["token_expired", "令牌过期（42001）"], ["token_invalid", "令牌失效（40014）"], ["rate_limited", "调用太频繁（45009）"],
  ["concurrent", "同时调用太多（45033）"],
  ["untrusted_ip", "IP 不可信（60020）"], ["forbidden", "没有权限（48002）"],
];
const CALLBACK = [
  ["duplicate", "每个事件再多送 2 次", 2], ["delay", "晚 3 秒才送", 3], ["drop_answer", "第一次回答丢失，重送"], ["reorder", "下一个事件先到"],
  ["replay", "重送时一字不改"], ["bad_signature", "签名不对"], ["wrong_receive_id", "企业号不对"], ["drop", "事件根本不送"],
];

export function faults() {
  const box = document.getElementById("faults");
  const opener = document.getElementById("faults-open");
  const choice = (part, [name, words, value = true]) => h("label", { class: "switch" },
    h("input", { type: "checkbox", "data-part": part, "data-name": name, "data-value": String(value), onchange: apply }), words);
  const times = h("input", { type: "number", min: "1", placeholder: "一直", "aria-label": "只影响下几次", onchange: apply });
  function apply() {
    const wanted = { api: {}, callback: {} };
    for (const one of box.querySelectorAll("input[data-part]:checked")) {
      const block = one.dataset.part === "api" ? (wanted.api["*"] ??= {}) : wanted.callback;
      block[one.dataset.name] = one.dataset.value === "true" ? true : Number(one.dataset.value);
      if (times.value) block.fail_next = Number(times.value);
    }
    act("faults", wanted);
  }
  const show = () => {
    const on = { api: store.faults.api?.["*"] ?? {}, callback: store.faults.callback ?? {} };
    const others = Object.keys(store.faults.api ?? {}).filter((path) => path !== "*").length;
    let count = others;
    for (const one of box.querySelectorAll("input[data-part]")) {
      one.checked = Boolean(on[one.dataset.part][one.dataset.name]);
      count += one.checked ? 1 : 0;
    }
    opener.textContent = count ? `故障：开着 ${count} 项` : "故障开关";
    opener.classList.toggle("alarm", count > 0);
  };
  box.append(h("form", { method: "dialog" },
    h("h2", { id: "faults-title" }, "故障开关"),
    h("p", { class: "quiet" }, "让这个企业微信出毛病，看系统怎么扛。改了马上生效。"),
    h("h3", {}, "系统调用企业微信时"), h("div", { class: "switches" }, API.map((one) => choice("api", one))),
    h("h3", {}, "企业微信通知系统时"), h("div", { class: "switches" }, CALLBACK.map((one) => choice("callback", one))),
    h("label", { class: "times" }, "只影响下", times, "次，然后自己恢复"),
    h("div", { class: "ends" }, h("button", { type: "button", onclick: () => { act("faults", {}); act("client", {}); } }, "全部关掉"), h("button", { class: "strong" }, "好"))));
  opener.addEventListener("click", () => box.showModal());
  watch(show);
}

const REFUSALS = [["", "照常回答"], ["no permission", "没有权限（no permission）"], ["without context of external contact", "入口不对（without context）"]];
const ENTRIES = [["", "照聊天来"], ["normal", "工作台（normal）"], ["contact_profile", "客户名片（contact_profile）"], ["internal_group_chat_board", "内部群（internal_group_chat_board）"]];

/** How the client answers the page beside a chat: a part of the dialog of the faults. */
export function client() {
  const choice = (all) => h("select", { onchange: () => apply() }, all.map(([value, words]) => h("option", { value }, words)));
  const entry = choice(ENTRIES);
  const refuse = choice(REFUSALS);
  const silent = h("input", { type: "checkbox", onchange: () => apply() });
  const apply = () => act("client", { entry: entry.value, refuse: refuse.value, silent: silent.checked });
  document.querySelector("#faults .times").before(
    h("h3", {}, "聊天旁边的页面问客户端时（重新打开聊天后看得到）"),
    h("div", { class: "switches" }, h("label", {}, "入口", entry), h("label", {}, "回答", refuse),
      h("label", { class: "switch" }, silent, "一直不回答")));
  watch(() => {
    entry.value = store.client?.entry ?? "";
    refuse.value = store.client?.refuse ?? "";
    silent.checked = Boolean(store.client?.silent);
  });
}
