import { begin, wake } from './lib/session';

App({
  onLaunch() {
    begin();
  },

  onShow() {
    wake();
  },
});
