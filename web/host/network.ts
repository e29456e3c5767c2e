// The phone's network: everything goes through the emulator, which hands it to the product as the internet would.
import { answered, Fail, type Options } from './call';
import type { Files } from './files';

const WAY = '/emu/network';
const UNREACHED = 'X-Nobody-Answered';
const PATIENCE = 60000; // ms, as the client's own

interface Asked extends Options {
  url: string;
  method?: string;
  data?: unknown;
  header?: Record<string, string>;
  timeout?: number;
  responseType?: 'text' | 'arraybuffer';
}
type Listener = (state: { isConnected: boolean; networkType: string }) => void;

export class Network {
  private readonly listeners = new Set<Listener>();

  /** `flight`: the phone was in flight mode already when the app was opened. */
  constructor(private readonly files: Files, private flight: boolean) {
    for (const name of ['online', 'offline']) window.addEventListener(name, () => this.tell());
  }

  get connected(): boolean { return navigator.onLine && !this.flight; }

  /** Flight mode, as set on the phone. */
  fly(on: boolean): void {
    this.flight = on;
    this.tell();
  }

  readonly functions = {
    request: (o: Asked) => {
      const abort = new AbortController();
      const answer = answered('request', o, async () => {
        const method = (o.method ?? 'GET').toUpperCase();
        const plain = typeof o.data === 'string' || o.data instanceof ArrayBuffer;
        const inAddress = method === 'GET' && o.data && !plain;
        const address = inAddress ? `${o.url}${o.url.includes('?') ? '&' : '?'}${new URLSearchParams(o.data as Record<string, string>)}` : o.url;
        const body = o.data === undefined || inAddress ? undefined : plain ? (o.data as BodyInit) : JSON.stringify(o.data);
        const response = await this.fetch(address, { method, body, headers: { 'content-type': 'application/json', ...o.header } }, o.timeout, abort);
        const data = o.responseType === 'arraybuffer' ? await response.arrayBuffer() : read(await response.text());
        return { data, statusCode: response.status, header: Object.fromEntries(response.headers) };
      });
      return Object.assign(answer ?? {}, { abort: () => abort.abort() });
    },
    uploadFile: (o: Asked & { filePath: string; name: string; formData?: Record<string, string> }) => {
      const abort = new AbortController();
      const answer = answered('uploadFile', o, async () => {
        const form = new FormData();
        for (const [name, value] of Object.entries(o.formData ?? {})) form.append(name, value);
        form.append(o.name, await this.files.content(o.filePath), o.filePath.split('/').pop());
        const response = await this.fetch(o.url, { method: 'POST', body: form, headers: o.header ?? {} }, o.timeout, abort);
        return { data: await response.text(), statusCode: response.status };
      });
      return Object.assign(answer ?? {}, { abort: () => abort.abort() });
    },
    downloadFile: (o: Asked) => answered('downloadFile', o, async () => {
      const response = await this.fetch(o.url, { headers: o.header ?? {} }, o.timeout, new AbortController());
      return { tempFilePath: this.files.keepTemporarily(await response.blob()), statusCode: response.status };
    }),
    getNetworkType: (o: Options = {}) => answered('getNetworkType', o, () => ({ networkType: this.connected ? 'wifi' : 'none' })),
    onNetworkStatusChange: (listener: Listener) => { this.listeners.add(listener); },
    offNetworkStatusChange: (listener: Listener) => { this.listeners.delete(listener); },
  };

  private tell(): void {
    for (const listener of this.listeners) listener({ isConnected: this.connected, networkType: this.connected ? 'wifi' : 'none' });
  }

  /** Only https, and nothing without a network, as on a phone. */
  private async fetch(url: string, asked: RequestInit, timeout = PATIENCE, abort: AbortController): Promise<Response> {
    const address = new URL(url);
    if (address.protocol !== 'https:') throw new Fail('url not in domain list');
    if (!this.connected) throw new Fail('net::ERR_INTERNET_DISCONNECTED');
    let late = false;
    const timer = window.setTimeout(() => { late = true; abort.abort(); }, timeout);
    try {
      const response = await fetch(WAY + address.pathname + address.search, { ...asked, signal: abort.signal, credentials: 'omit', cache: 'no-store' });
      if (response.headers.has(UNREACHED)) throw new Fail('net::ERR_CONNECTION_REFUSED');
      return response;
    } catch (error) {
      if (error instanceof Fail) throw error;
      throw new Fail(late ? 'timeout' : abort.signal.aborted ? 'abort' : (error as Error).message);
    } finally {
      window.clearTimeout(timer);
    }
  }
}

function read(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
