// Bundles the package of dist/weapp with the host of web/host into one page that a browser runs: dist/host.
//
// Templates become functions at build time, so the page needs no eval. What a phone's own engine does to style sheets is done here:
// `page` is the root element, and the classes of a page or component are its own.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join, relative } from 'node:path';
import { build } from 'esbuild';
import { BUILT_IN } from './host/tags.mjs';
import { filesIn } from './build_weapp.mjs';

const { TmplGroup } = createRequire(import.meta.url)('glass-easel-template-compiler');

/** Made from what buildWeapp left; throws with file and line where a template is wrong. */
export async function buildHost(web) {
  const weapp = join(web, 'dist', 'weapp');
  const out = join(web, 'dist', 'host');
  const names = filesIn(weapp).map((path) => relative(weapp, path).split('\\').join('/'));
  const text = (name) => readFileSync(join(weapp, name), 'utf8');
  const bare = (extension) => names.filter((one) => one.endsWith(extension)).map((one) => one.slice(0, -extension.length));

  const app = JSON.parse(text('app.json'));
  const statics = Object.fromEntries(bare('.json').filter((one) => bare('.wxml').includes(one)).map((one) => [one, JSON.parse(text(`${one}.json`))]));
  for (const page of app.pages) statics[page] = { ...statics[page], styleIsolation: 'apply-shared' };

  const scopes = Object.fromEntries(Object.keys(statics).map((path, place) => [path, `s${place}`]));
  const styles = Object.fromEntries(bare('.wxss').map((path) => [path, styleSheet(text(`${path}.wxss`), scopes[path])]));

  const templates = new TmplGroup();
  for (const path of bare('.wxml')) {
    const found = templates.addTmpl(path, renamed(text(`${path}.wxml`))) ?? [];
    if (found.length) throw new Error(`${path}.wxml: ${JSON.stringify(found)}`);
  }
  for (const path of bare('.wxs')) templates.addScript(path, text(`${path}.wxs`));
  const inner = new TmplGroup();
  for (const [tag, shape] of Object.entries(BUILT_IN)) if (shape.template !== undefined) inner.addTmpl(tag, shape.template);

  const modules = [...Object.keys(statics), 'app'].map((path) => `${JSON.stringify(path)}: () => require(${JSON.stringify(`./${path}.js`)})`);
  const entry = `
    const templates = ${templates.getTmplGenObjectGroups()};
    const inner = ${inner.getTmplGenObjectGroups()};
    const icons = {${names.filter((one) => one.endsWith('.png')).map((one) => `${JSON.stringify(`/${one}`)}: require(${JSON.stringify(`./${one}`)})`)}};
    require(${JSON.stringify(join(web, 'host', 'host.ts'))}).run({
      app: ${JSON.stringify(app)}, statics: ${JSON.stringify(statics)}, scopes: ${JSON.stringify(scopes)}, styles: ${JSON.stringify(styles)},
      templates, inner, icons, modules: {${modules}},
    });`;
  mkdirSync(out, { recursive: true });
  await build({
    stdin: { contents: entry, resolveDir: weapp, loader: 'js' }, outfile: join(out, 'miniapp.js'), nodePaths: [join(web, 'node_modules')],
    bundle: true, minify: true, format: 'iife', target: 'es2020', charset: 'utf8', legalComments: 'none', loader: { '.png': 'dataurl' }, logLevel: 'warning',
  });
  for (const name of ['index.html', 'host.css']) writeFileSync(join(out, name), readFileSync(join(web, 'host', name)));
}

/** `<input>` of a template must not find itself inside its own built-in: the host's tags have names of their own. */
function renamed(wxml) {
  const tags = Object.keys(BUILT_IN).join('|');
  return wxml
    .replace(new RegExp(`<(/?)(${tags})(?=[\\s/>])`, 'g'), '<$1wx-$2')
    .replace(/\baria-role="button"/g, 'role="button" tabindex="0"')
    .replace(/\baria-role=/g, 'role=');
}

function styleSheet(wxss, scope) {
  const rules = wxss.replace(/\/\*[\s\S]*?\*\//g, '');
  return rules.replace(/([^{}]+)\{/g, (_, selector) => {
    const rooted = selector.replace(/(^|[\s,])page(?=$|[\s,:])/g, '$1wx-page');
    return `${scope ? rooted.replace(/\.([A-Za-z_][\w-]*)/g, `.${scope}--$1`) : rooted}{`;
  });
}
