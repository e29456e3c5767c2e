// The menu under the chat, as the app has set it by menu/create.
import { h, toast } from "./dom.js";
import { act } from "./store.js";

/** Elements for the bar; who() = the userid who presses. */
export function menuBar(menu, who) {
  return (menu?.button ?? []).map((button) => (button.sub_button?.length
    ? h("details", { class: "menu-item" }, h("summary", {}, h("i", { "aria-hidden": "true" }, "≡ "), button.name),
      h("div", { class: "menu-list" }, button.sub_button.map((one) => h("button", {
        type: "button", onclick: (event) => { event.target.closest("details").open = false; press(one, who()); },
      }, one.name))))
    : h("button", { type: "button", class: "menu-item", onclick: () => press(button, who()) }, button.name)));
}

async function press(button, userid) {
  const key = button.key ?? button.url ?? button.pagepath;
  const place = button.type === "location_select" ? { lat: 31.2304, lng: 121.4737, label: "上海市黄浦区人民大道" } : {};
  if (button.type === "view") window.open(button.url, "_blank", "noopener");
  if (button.type === "view_miniprogram") toast("小程序页面请在手机上打开");
  await act("menu", { userid, key, ...place });
}

document.addEventListener("click", (event) => {
  for (const open of document.querySelectorAll("details.menu-item[open], details.card-menu[open]")) {
    if (!open.contains(event.target)) open.open = false;
  }
});
