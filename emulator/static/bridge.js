// Stands in for the client around a page in a frame of ours: the user agent it reads, and the bridge it calls. Every call goes to
// the phone that holds the frame. Anywhere else this does nothing, and the page finds itself outside of WeCom.
(() => {
  if (window.parent === window) return;
  const home = new URL(document.currentScript.src).origin;
  const agent = `${navigator.userAgent} MicroMessenger/7.0.1 wxwork/4.1.36`;
  const frame = crypto.getRandomValues(new Uint32Array(4)).join("-");
  const waiting = new Map();
  let calls = 0;
  Object.defineProperty(navigator, "userAgent", { get: () => agent });
  window.addEventListener("message", (event) => {
    if (event.origin !== home || event.source !== window.parent) return;
    const { call, answer } = event.data ?? {};
    waiting.get(call)?.(answer);
    waiting.delete(call);
  });
  window.WeixinJSBridge = {
    invoke(name, params, done) {
      calls += 1;
      waiting.set(calls, done);
      window.parent.postMessage({ call: calls, frame, name, params, url: location.href.split("#")[0] }, home);
    },
    on() {},
  };
})();
