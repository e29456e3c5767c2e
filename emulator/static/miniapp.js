// The mini-program on a phone: opened from the 工作台, left and entered again, without a network, closed for good.
import { h } from "./dom.js";

export class Miniapp {
  /** who() names the member. */
  constructor(who) {
    this.who = who;
    this.frame = null;
    this.flight = h("button", { type: "button", "aria-pressed": "false", onclick: () => this.fly() }, "断网");
    this.place = h("div", { class: "mini-page" });
    this.node = h("div", { class: "mini", hidden: true },
      h("div", { class: "mini-head" }, this.flight,
        h("button", { type: "button", title: "像手机清掉后台程序那样，再打开时从头开始", onclick: () => this.restart() }, "杀掉重开")),
      this.place);
  }

  /** Opened at the first look; afterwards it runs on, and hears when its member comes and goes. */
  show(on) {
    this.node.hidden = !on;
    if (on && !this.frame) this.open();
    else this.tell({ show: on });
  }

  /** Another member holds the phone. */
  leave() {
    this.frame?.remove();
    this.frame = null;
    if (!this.node.hidden) this.open();
  }

  restart() {
    this.frame.remove();
    this.open();
  }

  open() {
    const src = `/miniapp/?userid=${encodeURIComponent(this.who())}${this.flying() ? "&flight" : ""}`;
    this.frame = h("iframe", { src, title: "小程序", allow: "geolocation; camera; clipboard-write" });
    this.place.replaceChildren(this.frame);
  }

  flying() { return this.flight.getAttribute("aria-pressed") === "true"; }

  fly() {
    this.flight.setAttribute("aria-pressed", String(!this.flying()));
    this.tell({ flight: this.flying() });
  }

  tell(what) { this.frame?.contentWindow.postMessage(what, location.origin); }
}
