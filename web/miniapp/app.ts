import { begin } from './lib/session';

App({
  onLaunch() {
    begin();
  },
});
