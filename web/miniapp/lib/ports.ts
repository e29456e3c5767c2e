// The phone that the core works on: WeChat's storage, files, network and clock.
import type { Answer, Files, Http, Phone, Store } from './core/ports';

const PATIENCE = 30000; // ms for an answer
const UPLOAD_PATIENCE = 120000; // ms for a picture, on a bad line
const FOLDER = `${wx.env.USER_DATA_PATH}/kept`; // WeChat keeps files of its own beside it

const store: Store = {
  get: (key) => wx.getStorageSync(key) || undefined,
  set: (key, value) => wx.setStorageSync(key, value),
  remove: (key) => wx.removeStorageSync(key),
  keys: () => wx.getStorageInfoSync().keys,
};

const manager = wx.getFileSystemManager();
const pathOf = (name: string): string => `${FOLDER}/${name}`;

/** As a promise, whatever the answer is about. */
function asked<T>(act: (call: { success(found: T): void; fail(failure: { errMsg: string }): void }) => void): Promise<T> {
  return new Promise((success, failed) => act({ success, fail: ({ errMsg }) => failed(new Error(errMsg)) }));
}

const files: Files = {
  async save(temporary, name) {
    await asked((call) => manager.mkdir({ dirPath: FOLDER, recursive: true, ...call })).catch(() => undefined); // it is there already
    await asked((call) => manager.saveFile({ tempFilePath: temporary, filePath: pathOf(name), ...call }));
  },
  exists: (name) => asked((call) => manager.access({ path: pathOf(name), ...call })).then(() => true, () => false),
  remove: (name) => asked((call) => manager.unlink({ filePath: pathOf(name), ...call })).then(() => undefined, () => undefined),
  names: () => asked<{ files: string[] }>((call) => manager.readdir({ dirPath: FOLDER, ...call })).then((found) => found.files, () => []),
};

const http: Http = {
  request: ({ method, url, headers, body }) => asked<WechatMiniprogram.RequestSuccessCallbackResult>((call) => {
    wx.request({ method: method as 'GET', url, header: headers, data: body as object, timeout: PATIENCE, ...call });
  }).then(({ statusCode, header, data }) => ({ status: statusCode, headers: inSmallLetters(header), body: data })),
  upload: ({ url, headers, fields, file }) => asked<WechatMiniprogram.UploadFileSuccessCallbackResult>((call) => {
    wx.uploadFile({ url, header: headers, formData: fields, name: 'file', filePath: pathOf(file), timeout: UPLOAD_PATIENCE, ...call });
  }).then(({ statusCode, data }): Answer => ({ status: statusCode, headers: {}, body: parsed(data) })),
};

export const phone: Phone = {
  store,
  files,
  http,
  now: () => Date.now(),
  random: () => Math.random(),
  later(milliseconds, act) {
    const timer = setTimeout(act, milliseconds);
    return () => clearTimeout(timer);
  },
};

/** A path that `<image>` shows, of a file that the queue keeps. */
export const shownFile = (name: string): string => pathOf(name);

function inSmallLetters(header: object): Record<string, string> {
  return Object.fromEntries(Object.entries(header).map(([name, value]) => [name.toLowerCase(), String(value)]));
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
