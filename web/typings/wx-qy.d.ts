// What WeCom's own client adds to `wx`; the typings of the package know WeChat alone. Absent outside of WeCom.
declare namespace WechatMiniprogram {
  interface QyFailure {
    errMsg: string;
    errCode?: number;
  }
  interface QyCall<T> {
    success?(found: T): void;
    fail?(failure: QyFailure): void;
    complete?(): void;
  }
  interface Qy {
    /** A code for the company's own jscode2session: good once, for five minutes. */
    login(call: QyCall<{ code: string; errMsg: string }>): void;
    canIUse(name: string): boolean;
  }
  interface Wx {
    qy?: Qy;
  }
}
