// Compiles web/miniapp file by file into dist/weapp, the package that WeChat DevTools and WeCom load.
//
// CRM_SERVER=https://… names the product's address, which a phone asks; without it the example's address stays.
import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, extname, join, relative } from 'node:path';

const COPIED = ['.wxml', '.wxss', '.wxs', '.json', '.png'];
const EXAMPLE = 'https://crm.example.com';
const ELSEWHERE = ['tsconfig.json'];

/** Source and package folder in; the number of files of the package out. */
export function buildWeapp(web) {
  const source = join(web, 'miniapp');
  const out = join(web, 'dist', 'weapp');
  const compiler = join(web, 'node_modules', 'typescript', 'bin', 'tsc');
  rmSync(out, { recursive: true, force: true });
  const done = spawnSync(process.execPath, [compiler, '-p', source], { encoding: 'utf8' });
  if (done.status !== 0) throw new Error(`web/miniapp does not compile:\n${done.stdout}${done.stderr}`);
  for (const path of filesIn(source)) {
    const name = relative(source, path);
    if (!COPIED.includes(extname(name)) || ELSEWHERE.includes(name)) continue;
    mkdirSync(dirname(join(out, name)), { recursive: true });
    cpSync(path, join(out, name));
  }
  writeFileSync(join(web, 'dist', 'package.json'), '{ "type": "commonjs" }\n'); // what tsc made, for whoever reads it here
  const server = process.env.CRM_SERVER;
  if (server) {
    if (!/^https:\/\/[^/]+$/.test(server)) throw new Error(`CRM_SERVER must be https://host, not ${server}`);
    const path = join(out, 'lib', 'server.js');
    writeFileSync(path, readFileSync(path, 'utf8').replace(EXAMPLE, server));
  }
  return filesIn(out).length;
}

/** Every file below a folder, sorted. */
export function filesIn(folder) {
  const found = readdirSync(folder, { withFileTypes: true, recursive: true }).filter((one) => one.isFile());
  return found.map((one) => join(one.parentPath ?? one.path, one.name)).sort();
}
