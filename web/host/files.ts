// The phone's files: those of the user, which outlive the app, and temporary ones, which do not.
import { answered, Fail, type Options } from './call';

const USER = 'wxfile://usr';
const TEMPORARY = 'http://tmp/';
const ROOM = 200 * 1024 * 1024; // bytes of a user's files, as on a phone

export class Files {
  readonly env = { USER_DATA_PATH: USER };
  private readonly temporary = new Map<string, Blob>();
  private readonly store: Promise<IDBDatabase>;

  /** Phones side by side share a browser; each has a store of its own name. */
  constructor(phone: string) {
    this.store = new Promise((done, failed) => {
      const opening = indexedDB.open(`miniapp ${phone}`, 1);
      opening.onupgradeneeded = () => opening.result.createObjectStore('files');
      opening.onsuccess = () => done(opening.result);
      opening.onerror = () => failed(opening.error);
    });
  }

  /** A path that is good until the app is closed. */
  keepTemporarily(content: Blob, name = ''): string {
    const ending = /\.\w+$/.exec(name)?.[0] ?? (content.type.startsWith('image/') ? `.${content.type.slice(6)}` : '');
    const path = `${TEMPORARY}${crypto.randomUUID()}${ending}`;
    this.temporary.set(path, content);
    return path;
  }

  async content(path: string): Promise<Blob> {
    const found = this.temporary.get(path) ?? await this.ask<Blob | undefined>('readonly', (all) => all.get(path));
    if (!found) throw new Fail(`no such file or directory ${path}`);
    return found;
  }

  manager() {
    return {
      saveFile: (o: Options & { tempFilePath: string; filePath?: string }) => answered('saveFile', o, async () => {
        const content = await this.content(o.tempFilePath);
        const path = o.filePath ?? `${USER}/${o.tempFilePath.split('/').pop()}`;
        await this.write(path, content);
        this.temporary.delete(o.tempFilePath);
        return { savedFilePath: path };
      }),
      readFile: (o: Options & { filePath: string; encoding?: string }) => answered('readFile', o, async () => {
        const content = await this.content(o.filePath);
        return { data: o.encoding ? await content.text() : await content.arrayBuffer() };
      }),
      writeFile: (o: Options & { filePath: string; data: string | ArrayBuffer }) => answered('writeFile', o, async () => {
        await this.write(o.filePath, new Blob([o.data]));
        return {};
      }),
      unlink: (o: Options & { filePath: string }) => answered('unlink', o, async () => {
        await this.content(o.filePath);
        await this.ask('readwrite', (all) => all.delete(o.filePath));
        return {};
      }),
      access: (o: Options & { path: string }) => answered('access', o, async () => {
        if (!(await this.names()).some((one) => one === o.path || one.startsWith(`${o.path}/`)) && o.path !== USER) await this.content(o.path);
        return {};
      }),
      mkdir: (o: Options & { dirPath: string }) => answered('mkdir', o, () => ({})), // folders are parts of names here
      readdir: (o: Options & { dirPath: string }) => answered('readdir', o, async () => {
        const below = `${o.dirPath}/`;
        const inside = (await this.names()).filter((one) => one.startsWith(below)).map((one) => one.slice(below.length).split('/')[0]!);
        return { files: [...new Set(inside)] };
      }),
      getFileInfo: (o: Options & { filePath: string }) => answered('getFileInfo', o, async () => ({ size: (await this.content(o.filePath)).size })),
    };
  }

  private async write(path: string, content: Blob): Promise<void> {
    if (!path.startsWith(`${USER}/`)) throw new Fail(`permission denied, open ${path}`);
    let taken = content.size;
    for (const one of await this.ask<Blob[]>('readonly', (all) => all.getAll())) taken += one.size;
    if (taken > ROOM) throw new Fail('the maximum size of the file storage limit is exceeded');
    await this.ask('readwrite', (all) => all.put(content, path));
  }

  private async names(): Promise<string[]> {
    return (await this.ask<IDBValidKey[]>('readonly', (all) => all.getAllKeys())).map(String);
  }

  private async ask<T>(mode: IDBTransactionMode, question: (all: IDBObjectStore) => IDBRequest): Promise<T> {
    const transaction = (await this.store).transaction('files', mode);
    const request = question(transaction.objectStore('files'));
    return new Promise((done, failed) => {
      transaction.oncomplete = () => done(request.result as T);
      transaction.onabort = transaction.onerror = () => failed(transaction.error);
    });
  }
}
