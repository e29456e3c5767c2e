// Runs the mini-program of dist/weapp in a browser, as WeCom's client runs it on a phone.
//
// `?userid=` of the address says whose phone it is, `&flight` that it is in flight mode; `#/pages/…` opens that page instead of the
// first. The page that holds the phone speaks to it by messages: {"show": bool} when the member comes or leaves, {"flight": bool}.
import { CurrentWindowBackendContext, Event as ComponentEvent, type GeneralBackendContext } from 'glass-easel';
import { MiniProgramEnv } from 'glass-easel-miniprogram-adapter';
import { builtIns } from './builtins';
import { answered, Fail, type Options } from './call';
import { Device } from './device';
import { Dialogs } from './dialogs';
import { Files } from './files';
import { Network } from './network';
import { Pages, type Config, type PageConfig } from './pages';

interface Miniapp {
  app: Config;
  statics: Record<string, PageConfig & { component?: boolean }>;
  scopes: Record<string, string>;
  styles: Record<string, string>;
  templates: Record<string, unknown>;
  inner: Record<string, unknown>;
  icons: Record<string, string>;
  modules: Record<string, () => unknown>;
}
type Hook = 'onLaunch' | 'onShow' | 'onHide';

const CALL_TAKES = 800; // ms that a member is away on the telephone

export function run(made: Miniapp): void {
  const opened = new URLSearchParams(location.search);
  const phone = opened.get('userid') ?? '';
  const world = window as any; // where the mini-program finds its globals
  const files = new Files(phone);
  const dialogs = new Dialogs();
  const network = new Network(files, opened.has('flight'));
  const env = new MiniProgramEnv();
  const backend = new CurrentWindowBackendContext();
  backend.onEvent((target, type, detail, options) => {
    ComponentEvent.dispatchEvent(target, new ComponentEvent(type, detail, options));
    return 0; // `catch` keeps a tap from the listeners around it, not from the field or the chooser under the finger
  });

  const space = env.createCodeSpace('', true);
  for (const [tag, component] of builtIns(env.getGlobalCodeSpace(), made.inner, files, dialogs)) space.getComponentSpace().setGlobalUsingComponent(tag, component);
  const associated = env.associateBackend(backend as unknown as GeneralBackendContext);
  for (const [path, css] of Object.entries(made.styles)) {
    space.addStyleSheet(path, `${path}.wxss`, made.scopes[path]);
    associated.registerStyleSheetContent(`${path}.wxss`, css);
  }
  const pages = new Pages(made.app, made.statics, made.icons, space, associated);
  const away = () => { enter(false); setTimeout(() => enter(true), CALL_TAKES); };
  const device = new Device(phone, files, dialogs, away);

  let app: Partial<Record<Hook, (options: object) => void>> = {};
  world.App = (options: typeof app) => { app = options; };
  world.getApp = () => app;
  world.getCurrentPages = () => pages.instances();
  world.wx = {
    env: files.env, getFileSystemManager: () => manager,
    ...network.functions, ...device.functions, ...dialogs.functions, ...pages.functions,
    qy: { login: (o: Options) => answered('qy.login', o, () => code(phone, network)), canIUse: (name: string) => name === 'login' },
  };
  const manager = files.manager();

  for (const [path, config] of Object.entries(made.statics)) space.addComponentStaticConfig(path, config as never);
  for (const path of Object.keys(made.statics)) {
    space.addCompiledTemplate(path, { groupList: made.templates, content: made.templates[path], fallbackListenerOnNativeNode: true } as never);
  }
  made.modules.app!();
  const components = Object.keys(made.statics).filter((path) => made.statics[path]!.component);
  for (const path of [...components, ...made.app.pages]) space.globalComponentEnv(world, path, made.modules[path]!);

  let here = true;
  function enter(now: boolean): void {
    if (now === here) return;
    here = now;
    if (!now) pages.told('onHide');
    app[now ? 'onShow' : 'onHide']?.({});
    if (now) pages.told('onShow');
  }
  document.addEventListener('visibilitychange', () => enter(!document.hidden));
  window.addEventListener('message', (event) => {
    if (event.origin !== location.origin) return;
    if (typeof event.data?.show === 'boolean') enter(event.data.show);
    if (typeof event.data?.flight === 'boolean') network.fly(event.data.flight);
  });
  pressByKeyboard();
  app.onLaunch?.({});
  app.onShow?.({});
  pages.launch(location.hash.slice(1) || made.app.pages[0]!);
}

/** A code for the member who holds this phone, from the emulator's platform. */
async function code(phone: string, network: Network): Promise<object> {
  if (!network.connected) throw new Fail('network error');
  const response = await fetch('/emu/api/mp-code', { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify({ userid: phone }) });
  const found = await response.json();
  if (!response.ok) throw new Fail(found.message);
  return found;
}

/** What a finger does, Enter does; and a button that is off hears nothing. */
function pressByKeyboard(): void {
  document.addEventListener('keydown', (event) => {
    const target = event.target as HTMLElement;
    if (event.key !== 'Enter' || target.getAttribute('role') !== 'button') return;
    event.preventDefault();
    target.click();
    for (const type of ['mousedown', 'mouseup']) target.dispatchEvent(new MouseEvent(type, { bubbles: true }));
  });
  for (const type of ['mousedown', 'touchstart', 'click']) {
    window.addEventListener(type, (event) => { if ((event.target as Element).closest?.('[aria-disabled=true]')) event.stopPropagation(); }, { capture: true });
  }
}
