// The stack of pages: which one is shown, what is told to it, and the bars around it.
import type { AssociatedBackend, CodeSpace } from 'glass-easel-miniprogram-adapter';
import { answered, Fail, type Options } from './call';
import { element, notForThisTap } from './dialogs';
import { Pull } from './pull';

const DEEPEST = 10; // pages over one another, as in the client
const NEAR_END = 50; // px before the end that count as reached

export interface Config {
  pages: string[];
  window: { navigationBarTitleText: string };
  tabBar?: { list: { pagePath: string; text: string; iconPath: string; selectedIconPath: string }[] };
}
export interface PageConfig {
  navigationBarTitleText?: string;
  enablePullDownRefresh?: boolean;
}
interface Page {
  path: string;
  title: string;
  box: HTMLElement;
  pull: Pull | null;
  root: { release(): void };
  instance: any; // a page is whatever its author wrote
}

export class Pages {
  private readonly view = document.getElementById('view')!;
  private readonly bar = document.getElementById('tabs')!;
  private readonly back = document.getElementById('back')!;
  private readonly badges = new Map<number, string>();
  private readonly tabs = new Map<string, Page>();
  private stack: Page[] = [];

  constructor(
    private readonly app: Config, private readonly configs: Record<string, PageConfig>, private readonly icons: Record<string, string>,
    private readonly space: CodeSpace, private readonly backend: AssociatedBackend,
  ) {
    this.back.addEventListener('click', () => this.pop(1));
  }

  readonly functions = {
    navigateTo: (o: Options & { url: string }) => answered('navigateTo', o, () => {
      if (this.stack.length >= DEEPEST) throw new Fail(`webview count limit exceed`);
      if (this.isTab(o.url)) throw new Fail('can not navigateTo a tabbar page');
      this.top?.instance.onHide?.();
      this.push(o.url);
      return {};
    }),
    redirectTo: (o: Options & { url: string }) => answered('redirectTo', o, () => {
      if (this.isTab(o.url)) throw new Fail('can not redirectTo a tabbar page');
      this.drop(this.stack.pop());
      this.push(o.url);
      return {};
    }),
    reLaunch: (o: Options & { url: string }) => answered('reLaunch', o, () => { this.launch(o.url); return {}; }),
    switchTab: (o: Options & { url: string }) => answered('switchTab', o, () => {
      if (!this.isTab(o.url)) throw new Fail('can not switch to no-tabBar page');
      this.turnTo(o.url.replace(/^\//, ''));
      return {};
    }),
    navigateBack: (o: Options & { delta?: number } = {}) => answered('navigateBack', o, () => { this.pop(o.delta ?? 1); return {}; }),
    setNavigationBarTitle: (o: Options & { title: string }) => answered('setNavigationBarTitle', o, () => {
      if (this.top) this.top.title = o.title;
      this.draw();
      return {};
    }),
    stopPullDownRefresh: (o: Options = {}) => answered('stopPullDownRefresh', o, () => { this.top?.pull?.stop(); return {}; }),
    setTabBarBadge: (o: Options & { index: number; text: string }) => answered('setTabBarBadge', o, () => this.badge(o.index, o.text)),
    removeTabBarBadge: (o: Options & { index: number }) => answered('removeTabBarBadge', o, () => this.badge(o.index, '')),
  };

  instances(): unknown[] { return this.stack.map((one) => one.instance); }

  /** Everything anew, with this page alone. */
  launch(url: string): void {
    for (const one of new Set([...this.stack, ...this.tabs.values()])) this.drop(one);
    this.stack = [];
    this.tabs.clear();
    this.push(url);
  }

  told(what: 'onShow' | 'onHide'): void { this.top?.instance[what]?.(); }

  private get top(): Page | undefined { return this.stack[this.stack.length - 1]; }

  private isTab(url: string): boolean {
    return this.app.tabBar?.list.some((one) => one.pagePath === pathOf(url)) ?? false;
  }

  private turnTo(path: string): void {
    if (this.stack.length === 1 && this.top?.path === path) return;
    if (this.stack.length === 1) this.top?.instance.onHide?.();
    for (const one of this.stack.splice(0).reverse()) if (!this.isTab(one.path)) this.drop(one);
    const kept = this.tabs.get(path);
    if (!kept) return this.push(path);
    this.stack = [kept];
    this.show();
  }

  private push(url: string): void {
    const path = pathOf(url);
    const config = this.configs[path];
    if (!config || !this.app.pages.includes(path)) throw new Fail(`page "${path}" is not found`);
    const box = element('div', 'page');
    box.tabIndex = 0; // so that a keyboard can scroll it
    const place = element('span', '');
    box.append(place);
    this.view.append(box);
    const root = this.backend.createRoot('wx-page', this.space, path);
    root.attach(box as never, place as never);
    const instance: Page['instance'] = root.get();
    instance.route = path;
    const pull = config.enablePullDownRefresh ? new Pull(box, () => instance.onPullDownRefresh?.()) : null;
    const page = { path, title: config.navigationBarTitleText ?? this.app.window.navigationBarTitleText, box, pull, root, instance };
    if (instance.onReachBottom) {
      let near = false;
      box.addEventListener('scroll', () => {
        const was = near;
        near = box.scrollHeight - box.scrollTop - box.clientHeight < NEAR_END;
        if (near && !was) instance.onReachBottom();
      });
    }
    this.stack.push(page);
    if (this.isTab(path)) this.tabs.set(path, page);
    instance.onLoad?.(Object.fromEntries(new URLSearchParams(url.split('?')[1] ?? '')));
    this.show();
    if (this.top === page) instance.onReady?.();
  }

  private pop(steps: number): void {
    if (this.stack.length < 2) return;
    const away = this.stack.splice(Math.max(1, this.stack.length - steps));
    for (const one of away.reverse()) this.drop(one);
    this.show();
  }

  /** Only while the bar is there to be seen, as in the client. */
  private badge(index: number, text: string): object {
    if (!this.top || !this.isTab(this.top.path)) throw new Fail('not TabBar page');
    const drawn = this.badges.get(index) ?? '';
    this.badges.set(index, text);
    if (drawn !== text) this.draw(); // else a finger that is on the bar stays on it
    return {};
  }

  private drop(page: Page | undefined): void {
    if (!page) return;
    page.instance.onUnload?.();
    page.root.release();
    page.box.remove();
  }

  private show(): void {
    notForThisTap(this.bar);
    this.draw();
    this.top?.instance.onShow?.();
  }

  private draw(): void {
    const page = this.top;
    if (!page) return;
    for (const box of this.view.children) (box as HTMLElement).hidden = box !== page.box;
    document.getElementById('title')!.textContent = document.title = page.title;
    this.back.hidden = this.stack.length < 2;
    this.bar.hidden = !this.isTab(page.path);
    this.bar.replaceChildren(...(this.app.tabBar?.list ?? []).map((one, place) => {
      const on = one.pagePath === page.path;
      const button = element('button', '', one.text);
      const icon = element('img', '') as HTMLImageElement;
      icon.src = this.icons[`/${on ? one.selectedIconPath : one.iconPath}`] ?? '';
      icon.alt = '';
      button.prepend(icon);
      if (on) button.setAttribute('aria-current', 'page');
      const badge = this.badges.get(place);
      if (badge) button.append(element('b', '', badge));
      button.addEventListener('click', () => this.turnTo(one.pagePath));
      return button;
    }));
  }
}

const pathOf = (url: string): string => url.replace(/^\//, '').split('?')[0]!;
