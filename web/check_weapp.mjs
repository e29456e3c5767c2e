// `node check_weapp.mjs [FOLDER]`: whether WeChat's tools would take the package, without them. A line per problem; exits 1 with any.
//
// Looks at the JSON files, compiles templates and style sheets with WeChat's own compilers (of 2020, for x86-64 Linux and Mac),
// runs every module with a stand-in for `wx`, and holds it to what web/host can play: its tags, its units, its selectors.
import { spawnSync } from 'node:child_process';
import { chmodSync, readFileSync, statSync } from 'node:fs';
import { dirname, join, posix, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import vm from 'node:vm';
import { filesIn } from './build_weapp.mjs';
import { BUILT_IN } from './host/tags.mjs';

const web = dirname(fileURLToPath(import.meta.url));
const LARGEST = 2 * 1024 * 1024; // bytes of a main package
const LARGEST_ICON = 40 * 1024;
const PRIVATE = ['getLocation', 'chooseLocation', 'chooseAddress', 'choosePoi'];
const OWN_TAGS = ['block', 'template', 'import', 'include', 'slot', 'wxs'];
const COMPILERS = { linux: 'linux', darwin: 'mac' };
const HANDLER = /\b(?:bind|catch|mut-bind|capture-bind|capture-catch):?[\w-]+\s*=\s*"([\w$]+)"/g;

export function check(folder) {
  const problems = [];
  const names = filesIn(folder).map((path) => relative(folder, path).split('\\').join('/'));
  const there = new Set(names);
  const text = (name) => readFileSync(join(folder, name), 'utf8');
  const ending = (extension) => names.filter((one) => one.endsWith(extension));
  const json = (name) => {
    try { return JSON.parse(text(name)); } catch (error) { problems.push(`${name}: ${error.message}`); return {}; }
  };

  const bytes = names.reduce((sum, name) => sum + statSync(join(folder, name)).size, 0);
  if (bytes > LARGEST) problems.push(`the package has ${bytes} bytes, ${LARGEST} is the most`);

  const app = json('app.json');
  const pages = app.pages ?? [];
  for (const page of pages) for (const kind of ['js', 'json', 'wxml']) if (!there.has(`${page}.${kind}`)) problems.push(`app.json: ${page}.${kind} is missing`);
  for (const tab of app.tabBar?.list ?? []) {
    if (!pages.includes(tab.pagePath)) problems.push(`app.json: the tab ${tab.pagePath} is no page`);
    for (const icon of [tab.iconPath, tab.selectedIconPath]) {
      if (!there.has(icon)) problems.push(`app.json: ${icon} is missing`);
      else if (statSync(join(folder, icon)).size > LARGEST_ICON) problems.push(`${icon} is larger than ${LARGEST_ICON} bytes`);
    }
  }
  const uses = {};
  for (const name of ending('.json').filter((one) => there.has(one.replace('.json', '.wxml')))) {
    const named = json(name).usingComponents ?? {};
    uses[name.replace('.json', '')] = Object.keys(named);
    for (const [tag, path] of Object.entries(named)) {
      const target = path.startsWith('/') ? path.slice(1) : posix.join(posix.dirname(name), path);
      if (!there.has(`${target}.wxml`) || json(`${target}.json`).component !== true) problems.push(`${name}: ${tag} leads to ${target}, which is no component`);
    }
  }

  const scripts = ending('.js').map((name) => [name, text(name)]);
  for (const [name, code] of scripts) {
    if (/\beval\(|new Function\(/.test(code)) problems.push(`${name}: code is made at run time`);
    for (const api of PRIVATE) {
      if (code.includes(`wx.${api}`) && !(app.requiredPrivateInfos ?? []).includes(api)) problems.push(`${name}: wx.${api} is not in requiredPrivateInfos`);
    }
    for (const [, page] of code.matchAll(/['"`]\/(pages\/[\w/]+)/g)) if (!pages.includes(page)) problems.push(`${name}: /${page} is no page`);
  }

  for (const name of ending('.wxml')) {
    const source = text(name).replace(/<!--[\s\S]*?-->/g, '');
    const known = [...OWN_TAGS, ...Object.keys(BUILT_IN), ...(uses[name.replace('.wxml', '')] ?? [])];
    for (const tag of new Set([...source.matchAll(/<([a-z][\w-]*)/g)].map((one) => one[1]))) if (!known.includes(tag)) problems.push(`${name}: <${tag}> is neither built in nor used here`);
  }
  for (const name of ending('.wxss')) {
    const rules = text(name).replace(/\/\*[\s\S]*?\*\//g, '');
    if (/\drpx\b/.test(rules)) problems.push(`${name}: rpx; write px`);
    for (const [, selectors] of rules.matchAll(/([^{}]+)\{/g)) {
      for (const part of selectors.trim().startsWith('@') || /^(from|to|[\d.]+%)/.test(selectors.trim()) ? [] : selectors.split(',')) {
        if (/#|(^|[\s>+~])(?!page\b)[a-z][\w-]*/.test(part.trim())) problems.push(`${name}: "${part.trim()}" is no selector by class`);
      }
    }
  }
  problems.push(...compiled(folder, ending('.wxml'), ending('.wxss')), ...run(there, text, ending('.wxml')));
  return { files: names.length, bytes, problems };
}

/** What WeChat's compilers say; nothing where they do not run. */
function compiled(folder, templates, sheets) {
  const system = process.arch === 'x64' ? COMPILERS[process.platform] : undefined;
  if (!system) {
    console.log(`check: WeChat's compilers do not run on ${process.platform} ${process.arch}; templates and style sheets were not compiled`);
    return [];
  }
  const tool = (name, words) => {
    const path = join(web, 'node_modules', 'miniprogram-compiler', 'bin', system, name);
    chmodSync(path, 0o755);
    return spawnSync(path, words, { cwd: folder, encoding: 'utf8', maxBuffer: 1e8 });
  };
  const problems = [];
  for (const name of templates) {
    const done = tool('wcc', ['-d', '-cc', '0', name, '-gn', '$gwx']);
    if (done.status !== 0) problems.push(`${name}: ${done.stderr.trim()}`);
  }
  for (const name of sheets) {
    const done = tool('wcsc', ['-lc', '-js', name]); // exits with 0 also after an error
    if (/ERR/.test(done.stderr)) problems.push(`${name}: ${done.stderr.trim().split('\n')[0]}`);
  }
  return problems;
}

/** Every module runs, no page is another one's module, and every handler that a template names is there. */
function run(there, text, templates) {
  const problems = [];
  const defined = {};
  const loaded = {};
  let running = '';
  const wx = new Proxy({}, { get: (_, name) => (name === 'qy' ? undefined : name === 'getStorageSync' ? () => '' : () => ({ keys: [] })) });
  const define = (options) => {
    if (running in defined) problems.push(`${running}.js: defines two pages or components`);
    defined[running] = { ...options, ...options.methods };
  };
  const load = (name) => {
    if (loaded[name]) return loaded[name].exports;
    const module = { exports: {} };
    loaded[name] = module;
    const before = running;
    running = name.replace(/\.js$/, '');
    const code = `(function (require, module, exports, wx, App, Page, Component, Behavior, getApp) {${text(name)}\n})`;
    const require = (path) => {
      const target = posix.join(posix.dirname(name), path).replace(/(\.js)?$/, '.js');
      if (!there.has(target)) throw new Error(`require ${path}: not found`);
      if (there.has(target.replace(/\.js$/, '.wxml'))) throw new Error(`require ${path}: a page or component is nobody's module`);
      return load(target);
    };
    vm.runInNewContext(code, { console, setTimeout, clearTimeout }, { filename: name })(
      require, module, module.exports, wx, () => undefined, define, define, (options) => options, () => ({}));
    running = before;
    return module.exports;
  };
  for (const name of ['app.js', ...templates.map((one) => one.replace('.wxml', '.js'))].filter((one) => there.has(one))) {
    try { load(name); } catch (error) { problems.push(`${name}: ${error.message}`); }
  }
  for (const name of templates) {
    const owner = defined[name.replace('.wxml', '')];
    for (const [, handler] of text(name).matchAll(HANDLER)) if (typeof owner?.[handler] !== 'function') problems.push(`${name}: nothing is called ${handler}`);
  }
  return problems;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const { files, bytes, problems } = check(process.argv[2] ?? join(web, 'dist', 'weapp'));
  for (const one of problems) console.log(one);
  console.log(`check: ${files} files, ${bytes} bytes, ${problems.length} problems`);
  process.exit(problems.length ? 1 : 0);
}
