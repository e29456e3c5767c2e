// The panel behind ＋: places, pictures, voice, files, and a sign-in with WeCom's own 打卡.
import { h, icon, toast } from "./dom.js";
import { act } from "./store.js";

// GCJ-02, near the outside people's companies and the office.
const PLACES = [
  ["公司办公室", "上海市闵行区申长路", 31.19455, 121.31842],
  ["恒泽水务 厂门口", "江苏省苏州市昆山市前进东路", 31.38462, 120.98065],
  ["锦澜环保", "江苏省无锡市新吴区长江路", 31.53021, 120.37184],
  ["瑞衡热能", "江苏省苏州市工业园区星湖街", 31.29834, 120.73562],
  ["粤泰陶瓷机械", "广东省佛山市禅城区季华西路", 23.00713, 113.07241],
];

export function morePanel(who, done) {
  const label = h("input", { placeholder: "地点名称", "aria-label": "地点名称" });
  const lat = h("input", { placeholder: "纬度", inputmode: "decimal", "aria-label": "纬度" });
  const lng = h("input", { placeholder: "经度", inputmode: "decimal", "aria-label": "经度" });
  const stand = (action, name, latitude, longitude) => {
    done();
    return act(action, { userid: who(), lat: latitude, lng: longitude, label: name });
  };
  const place = (...where) => stand("location", ...where);
  const outside = h("select", { "aria-label": "外出打卡的地点" }, PLACES.map(([name], index) => h("option", { value: index }, name)));
  const file = (kind, accept) => h("input", { type: "file", accept, hidden: true, onchange: async (event) => {
    const chosen = event.target.files[0];
    event.target.value = "";
    if (!chosen) return;
    done();
    act("media", { userid: who(), msgtype: kind, name: chosen.name, data: await base64(chosen) });
  } });
  const picture = file("image", "image/png,image/jpeg");
  const paper = file("file", null);
  const sample = (kind) => () => { done(); act("media", { userid: who(), msgtype: kind }); };
  return h("div", { class: "more", hidden: true },
    h("div", { class: "more-row" },
      button("picture", "选图片", () => picture.click()), button("camera", "拍一张", sample("image")),
      button("voice", "语音", sample("voice")), button("file", "文件", () => paper.click()), picture, paper),
    h("p", {}, "发送位置"),
    h("div", { class: "places" }, PLACES.map(([name, address, latitude, longitude]) => h("button", {
      type: "button", title: address, onclick: () => place(`${address}（${name}）`, latitude, longitude),
    }, name))),
    h("form", { class: "free", onsubmit: (event) => {
      event.preventDefault();
      place(label.value, Number(lat.value), Number(lng.value));
    } }, label, lat, lng, h("button", {}, "发送")),
    h("form", { class: "free", onsubmit: async (event) => {
      event.preventDefault();
      const [name, address, latitude, longitude] = PLACES[outside.value];
      if (await stand("check-in", `${address}（${name}）`, latitude, longitude)) toast("已在「打卡」里外出打卡");
    } }, outside, h("button", {}, "外出打卡")));
}

const button = (shape, name, onclick) => h("button", { type: "button", onclick }, icon(shape), h("span", {}, name));

const base64 = (file) => new Promise((done, failed) => {
  const reader = new FileReader();
  reader.onload = () => done(reader.result.slice(reader.result.indexOf(",") + 1));
  reader.onerror = failed;
  reader.readAsDataURL(file);
});
