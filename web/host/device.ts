// The phone itself: what it remembers, where it is, its camera and its telephone.
import { answered, Fail, type Options } from './call';
import type { Dialogs } from './dialogs';
import type { Files } from './files';

const KEY_ROOM = 1024 * 1024; // characters of one key, as on a phone

export class Device {
  constructor(
    private readonly phone: string, private readonly files: Files, private readonly dialogs: Dialogs, private readonly away: () => void,
  ) {}

  readonly functions = {
    getStorageSync: (key: string) => this.kept(key) ?? '',
    setStorageSync: (key: string, value: unknown) => this.keep(key, value),
    removeStorageSync: (key: string) => localStorage.removeItem(this.named(key)),
    clearStorageSync: () => { for (const key of this.keys()) localStorage.removeItem(this.named(key)); },
    getStorageInfoSync: () => ({ keys: this.keys(), currentSize: 0, limitSize: 10240 }),
    getStorage: (o: Options & { key: string }) => answered('getStorage', o, () => {
      const data = this.kept(o.key);
      if (data === undefined) throw new Fail('data not found');
      return { data };
    }),
    setStorage: (o: Options & { key: string; data: unknown }) => answered('setStorage', o, () => { this.keep(o.key, o.data); return {}; }),
    removeStorage: (o: Options & { key: string }) => answered('removeStorage', o, () => { localStorage.removeItem(this.named(o.key)); return {}; }),
    getLocation: (o: Options & { type?: string }) => answered('getLocation', o, () => {
      if (o.type !== undefined && o.type !== 'wgs84') throw new Fail(`this host knows wgs84 only, not ${o.type}`);
      return new Promise<object>((done, failed) => navigator.geolocation.getCurrentPosition(
        ({ coords }) => done({ latitude: coords.latitude, longitude: coords.longitude, accuracy: coords.accuracy }),
        (error) => failed(new Fail(error.code === error.PERMISSION_DENIED ? 'auth deny' : error.message)),
        { enableHighAccuracy: true, timeout: 10000, maximumAge: 0 },
      ));
    }),
    chooseMedia: (o: Options & { count?: number }) => answered('chooseMedia', o, async () => {
      const chosen = await pick(o.count ?? 9, 'image/*');
      return { type: 'image', tempFiles: chosen.map((one) => ({ tempFilePath: this.files.keepTemporarily(one, one.name), size: one.size, fileType: 'image' })) };
    }),
    // Of the browser's files: it has no chats.
    chooseMessageFile: (o: Options & { count: number; extension?: string[] }) => answered('chooseMessageFile', o, async () => {
      const chosen = await pick(o.count, (o.extension ?? []).map((one) => `.${one}`).join());
      return { tempFiles: chosen.map((one) => ({ path: this.files.keepTemporarily(one, one.name), name: one.name, size: one.size, type: 'file', time: Math.floor(one.lastModified / 1000) })) };
    }),
    previewImage: (o: Options & { urls: string[]; current?: string }) => answered('previewImage', o, async () => {
      this.dialogs.picture(URL.createObjectURL(await this.files.content(o.current ?? o.urls[0]!)));
      return {};
    }),
    openDocument: (o: Options & { filePath: string }) => answered('openDocument', o, async () => {
      window.open(URL.createObjectURL(await this.files.content(o.filePath)));
      return {};
    }),
    makePhoneCall: (o: Options & { phoneNumber: string }) => answered('makePhoneCall', o, async () => {
      if (await this.dialogs.choose([`呼叫 ${o.phoneNumber}`]) < 0) throw new Fail('cancel');
      this.away();
      return {};
    }),
    setClipboardData: (o: Options & { data: string }) => answered('setClipboardData', o, async () => {
      await navigator.clipboard.writeText(o.data);
      this.dialogs.toast('内容已复制');
      return {};
    }),
    getRandomValues: (o: Options & { length: number }) => answered('getRandomValues', o, () => ({ randomValues: crypto.getRandomValues(new Uint8Array(o.length)).buffer })),
    getSystemInfoSync: () => ({
      environment: 'wxwork', platform: 'android', system: 'Android 14', SDKVersion: '3.8.0', version: '4.1.36',
      windowWidth: window.innerWidth, windowHeight: window.innerHeight, screenWidth: window.innerWidth, screenHeight: window.innerHeight,
    }),
    canIUse: () => true,
  };

  private named(key: string): string { return `miniapp ${this.phone} ${key}`; }

  private keys(): string[] {
    return Object.keys(localStorage).filter((one) => one.startsWith(this.named(''))).map((one) => one.slice(this.named('').length));
  }

  private kept(key: string): unknown {
    const text = localStorage.getItem(this.named(key));
    return text === null ? undefined : JSON.parse(text);
  }

  private keep(key: string, value: unknown): void {
    const text = JSON.stringify(value);
    if (text.length > KEY_ROOM) throw new Fail('entry size limit reached');
    localStorage.setItem(this.named(key), text);
  }
}

/** Files that the person chooses; no more than `most`. */
function pick(most: number, accept: string): Promise<File[]> {
  return new Promise((done, failed) => {
    const chooser = Object.assign(document.createElement('input'), { type: 'file', accept, multiple: most > 1 });
    chooser.onchange = () => done([...chooser.files!].slice(0, most));
    chooser.oncancel = () => failed(new Fail('cancel'));
    chooser.click();
  });
}
