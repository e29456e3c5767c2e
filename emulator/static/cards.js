// Template cards: source, titles, facts, pictures, choices and buttons, live or grey.
import { h } from "./dom.js";
import { act } from "./store.js";

const open = (target) => { if (target?.type === 1 && /^https?:\/\//.test(target.url)) window.open(target.url, "_blank", "noopener"); };
const opens = (target) => target?.type === 1;

/** entry: a message of kind template_card; userid: whose phone; chosen: Map that keeps choices over redraws. */
export function card(entry, userid, chosen) {
  const body = entry.body;
  const grey = Boolean(entry.card.replaced);
  const picks = chosen.get(entry.id) ?? {};
  chosen.set(entry.id, picks);
  // Only what was touched: what an untouched question counts as is decided where all presses go.
  const press = (key) => act("click", { userid, task_id: body.task_id, key, selected: picks });
  return h("article", { class: `card${entry.card.pending ? " waiting" : ""}`, "aria-label": `卡片：${body.main_title?.title ?? ""}` },
    source(body, press),
    h("div", {
      class: `card-main${opens(body.card_action) ? " opens" : ""}`,
      onclick: () => open(body.card_action),
    },
    body.card_image && h("img", { class: "card-image", src: body.card_image.url, alt: "" }),
    body.main_title?.title && h("h3", {}, body.main_title.title),
    body.main_title?.desc && h("p", { class: "quiet" }, body.main_title.desc),
    body.emphasis_content && h("div", { class: "emphasis" },
      h("b", {}, body.emphasis_content.title ?? ""), h("span", {}, body.emphasis_content.desc ?? "")),
    beside(body.image_text_area),
    quote(body.quote_area),
    body.sub_title_text && h("p", { class: "sub" }, body.sub_title_text),
    (body.vertical_content_list ?? []).map((row) => h("div", { class: "vertical" }, h("b", {}, row.title), h("p", {}, row.desc ?? ""))),
    facts(body.horizontal_content_list ?? [])),
    (body.jump_list ?? []).map((row) => h("button", { type: "button", class: "jump", onclick: () => open(row) }, row.title, h("i", {}, "›"))),
    questions(body, entry, picks, grey),
    foot(body, entry, grey, press));
}

function source(body, press) {
  const menu = body.action_menu;
  if (!body.source?.desc && !menu) return null;
  return h("div", { class: "card-source" },
    body.source?.icon_url && h("img", { src: body.source.icon_url, alt: "" }),
    h("span", { class: `tint-${body.source?.desc_color ?? 0}` }, body.source?.desc ?? ""),
    menu && h("details", { class: "card-menu" }, h("summary", { "aria-label": menu.desc ?? "更多" }, "⋯"),
      h("div", {}, menu.desc && h("small", {}, menu.desc), menu.action_list.map((row) => h("button", {
        type: "button",
        onclick: (event) => { event.target.closest("details").open = false; press(row.key); },
      }, row.text)))));
}

function beside(area) {
  if (!area) return null;
  return h("div", { class: "beside", onclick: (event) => { event.stopPropagation(); open(area); } },
    h("img", { src: area.image_url, alt: "" }), h("div", {}, h("b", {}, area.title ?? ""), h("p", {}, area.desc ?? "")));
}

function quote(area) {
  if (!area || (!area.title && !area.quote_text)) return null;
  return h("blockquote", { class: opens(area) ? "opens" : null, onclick: (event) => { if (opens(area)) { event.stopPropagation(); open(area); } } },
    area.title && h("b", {}, area.title), area.quote_text ?? "");
}

function facts(rows) {
  if (rows.length === 0) return null;
  return h("dl", {}, rows.map((row) => [
    h("dt", {}, row.keyname),
    h("dd", {}, row.type === 1 && /^https?:\/\//.test(row.url)
      ? h("a", { href: row.url, target: "_blank", rel: "noopener", onclick: (event) => event.stopPropagation() }, row.value ?? row.url)
      : row.value ?? row.userid ?? ""),
  ]));
}

function questions(body, entry, picks, grey) {
  const lists = [...(body.button_selection ? [body.button_selection] : []), ...(body.select_list ?? [])];
  const rows = lists.map((question) => h("label", { class: "question" }, h("span", {}, question.title ?? "请选择"),
    h("select", {
      disabled: grey || question.disable || entry.card.pending,
      onchange: (event) => { picks[question.question_key] = [event.target.value]; },
    }, question.option_list.map((option) => h("option", {
      value: option.id, selected: option.id === (picks[question.question_key]?.[0] ?? question.selected_id),
    }, option.text)))));
  if (body.checkbox) rows.push(votes(body.checkbox, entry, picks, grey));
  return rows;
}

function votes(box, entry, picks, grey) {
  const many = box.mode === 1;
  const now = () => picks[box.question_key] ?? box.option_list.filter((option) => option.is_checked).map((option) => option.id);
  return h("div", { class: "votes", role: "group" }, box.option_list.map((option) => h("label", {},
    h("input", {
      type: many ? "checkbox" : "radio", name: `vote-${entry.id}`, checked: now().includes(option.id),
      disabled: grey || box.disable || entry.card.pending,
      onchange: (event) => {
        const others = many ? now().filter((id) => id !== option.id) : [];
        picks[box.question_key] = event.target.checked ? [...others, option.id] : others;
      },
    }), option.text)));
}

function foot(body, entry, grey, press) {
  const buttons = [...(body.button_list ?? []), ...(body.submit_button ? [{ ...body.submit_button, style: 1 }] : [])];
  if (grey) return h("div", { class: "card-foot" }, h("div", { class: "replaced" }, entry.card.replaced));
  if (buttons.length === 0) return null;
  return h("div", { class: `card-foot${buttons.length === 2 ? " pair" : ""}` }, buttons.map((button) => h("button", {
    type: "button", class: `card-button style-${button.style ?? 1}`, disabled: entry.card.pending,
    onclick: () => (button.type === 1 ? open(button) : press(button.key)),
  }, button.text)), entry.card.pending && h("span", { class: "spin", "aria-label": "处理中" }));
}
