// Message text as WeCom draws it: links in text, the small markdown dialect, the three div classes of text cards.
import { h } from "./dom.js";

const safe = (url) => /^https?:\/\//.test(url);
const link = (url, text) => (safe(url) ? h("a", { href: url, target: "_blank", rel: "noopener" }, text) : text);

/** Plain text in which <a href="…"> is a link, as message/send allows. */
export function plain(text) {
  const parts = [];
  let rest = 0;
  for (const hit of text.matchAll(/<a\s+href=["']([^"']*)["'][^>]*>(.*?)<\/a>/gis)) {
    parts.push(...bare(text.slice(rest, hit.index)), link(hit[1], hit[2]));
    rest = hit.index + hit[0].length;
  }
  return [...parts, ...bare(text.slice(rest))];
}

function bare(text) {
  return text.split(/(https?:\/\/[^\s<>"'，。；）)]+)/g).map((part, at) => (at % 2 ? link(part, part) : part));
}

/** Text cards know <div class="gray|normal|highlight">. */
export function divs(text) {
  const parts = [];
  let rest = 0;
  for (const hit of text.matchAll(/<div\s+class=["'](gray|normal|highlight)["']>(.*?)<\/div>/gis)) {
    parts.push(text.slice(rest, hit.index), h("div", { class: `tone-${hit[1]}` }, hit[2]));
    rest = hit.index + hit[0].length;
  }
  return [...parts, text.slice(rest)].filter((part) => part !== "");
}

/** # headings, > quotes, **bold**, [link](url), `code`, <font color>. */
export function markdown(text) {
  return text.split("\n").map((line) => {
    const heading = /^(#{1,6})\s+(.*)$/.exec(line);
    if (heading) return h("div", { class: "md-title" }, inline(heading[2]));
    const quote = /^>\s?(.*)$/.exec(line);
    if (quote) return h("div", { class: "md-quote" }, inline(quote[1]));
    return h("div", { class: "md-line" }, line === "" ? "\u00a0" : inline(line));
  });
}

const INLINE = /\*\*(.+?)\*\*|\[([^\]]+)\]\(([^)\s]+)\)|`([^`]+)`|<font color=["']?(info|comment|warning)["']?>(.*?)<\/font>/g;

function inline(text) {
  const parts = [];
  let rest = 0;
  for (const hit of text.matchAll(INLINE)) {
    parts.push(text.slice(rest, hit.index));
    if (hit[1] !== undefined) parts.push(h("strong", {}, inline(hit[1])));
    else if (hit[2] !== undefined) parts.push(link(hit[3], hit[2]));
    else if (hit[4] !== undefined) parts.push(h("code", {}, hit[4]));
    else parts.push(h("span", { class: `md-${hit[5]}` }, inline(hit[6])));
    rest = hit.index + hit[0].length;
  }
  return [...parts, text.slice(rest)];
}
