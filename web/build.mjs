// Builds everything of web/: the mini-program (dist/weapp), the page that runs it in a browser (dist/host), and dist/static.
//
// Gathers what a browser loads into dist/static under names that change with the content, and lists them in manifest.json.
//
// manifest.json maps the plain name to the hashed one ({"console.css": "console.3f9a0c1b2d.css"}), so a page may tell the browser
// to keep these files for ever. A server that is running on the previous manifest still finds the files it names.
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { basename, dirname, extname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { buildSync } from 'esbuild';
import { buildHost } from './build_host.mjs';
import { buildWeapp } from './build_weapp.mjs';

const web = dirname(fileURLToPath(import.meta.url));
const modules = join(web, 'node_modules');
const out = join(web, 'dist', 'static');
const manifestFile = join(out, 'manifest.json');

const sources = {
  'htmx.min.js': join(modules, 'htmx.org/dist/htmx.min.js'),
  'tabler.min.css': join(modules, '@tabler/core/dist/css/tabler.min.css'),
};

// Our own console assets need no compiling: they are written for the oldest webview we serve.
const own = join(web, 'console');
for (const name of existsSync(own) ? readdirSync(own) : []) {
  if (!['.css', '.js', '.svg', '.png'].includes(extname(name))) continue;
  if (sources[name]) throw new Error(`web/console/${name} has the name of a library that is shipped beside it`);
  sources[name] = join(own, name);
}

// The sidebar is written in modules; one file of them, with what it uses of the JS-SDK, for webviews since 2017.
sources['sidebar.css'] = join(web, 'sidebar/sidebar.css');
const bundled = buildSync({
  entryPoints: [join(web, 'sidebar/sidebar.ts')], bundle: true, minify: true, write: false, target: 'es2017', format: 'iife',
  charset: 'utf8', legalComments: 'none',
});
const made = { 'sidebar.js': bundled.outputFiles[0].contents };

mkdirSync(out, { recursive: true });
const previous = existsSync(manifestFile) ? JSON.parse(readFileSync(manifestFile, 'utf8')) : {};
const manifest = {};
for (const [name, source] of Object.entries({ ...sources, ...made }).sort()) {
  const content = withoutSourceMap(name, typeof source === 'string' ? readFileSync(source) : Buffer.from(source));
  const hash = createHash('sha256').update(content).digest('hex').slice(0, 10);
  const extension = extname(name);
  manifest[name] = `${basename(name, extension)}.${hash}${extension}`;
  put(join(out, manifest[name]), content);
}
put(manifestFile, `${JSON.stringify(manifest, null, 2)}\n`);

const kept = new Set(['manifest.json', ...Object.values(previous), ...Object.values(manifest)]);
for (const name of readdirSync(out)) if (!kept.has(name)) rmSync(join(out, name));

const packed = buildWeapp(web);
await buildHost(web);
console.log(`web: ${Object.keys(manifest).length} files in web/dist/static, ${packed} in web/dist/weapp`);

/** Writes under another name first, so that nobody reads half a file. */
function put(path, content) {
  writeFileSync(`${path}.new`, content);
  renameSync(`${path}.new`, path);
}

/** The maps are not shipped, and the browser's tools would ask for them in vain. */
function withoutSourceMap(name, content) {
  if (!['.css', '.js'].includes(extname(name))) return content;
  return content.toString('utf8').replace(/\n?(\/\*# sourceMappingURL=\S+ \*\/|\/\/# sourceMappingURL=\S+)\s*$/, '\n');
}
