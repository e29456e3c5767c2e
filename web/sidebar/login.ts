// Who holds the phone: OAuth without a question (snsapi_base). The code leaves the address before anything is signed.
import { newKey, Refused, signIn } from './api';

const { corp = '', agent = '', oauth = '', home = '' } = document.body.dataset;
const STATE = 'sidebar.state.'; // one entry per round: phones side by side share this store, and so no round may end another's
const ROUNDS = 'r'; // rides in the state, so that it is this page's count and nobody else's
const LIFE = 5 * 60000;

/** Somebody else's link, or one from long ago: not followed, and said. */
export class ForeignState extends Error {}

/**
 * True when signed in; false when the page is being left for a round trip. A code that is used up or too old starts one
 * silent new round; a second one in a row is told instead, so that nothing ever turns in a circle.
 */
export async function login(): Promise<boolean> {
  const query = new URLSearchParams(location.search);
  const code = query.get('code');
  const state = query.get('state') ?? '';
  if (code === null) { leave(0); return false; }
  for (const name of ['code', 'state', 'appid']) query.delete(name);
  const rest = query.toString();
  history.replaceState(null, '', location.pathname + (rest ? `?${rest}` : ''));
  const round = taken(state);
  try {
    await signIn(code);
    return true;
  } catch (error) {
    if (!(error instanceof Refused) || error.status !== 401 || round > 0) throw error;
    leave(round + 1);
    return false;
  }
}

/** Off to WeCom, which knows its member, and back here with a code. */
export function leave(round: number): void {
  const state = `${newKey()}${ROUNDS}${round}`;
  sessionStorage.setItem(STATE + state, String(Date.now()));
  const back = home + location.pathname + location.search;
  const query = new URLSearchParams({
    appid: corp, redirect_uri: back, response_type: 'code', scope: 'snsapi_base', state, agentid: agent,
  });
  location.replace(`${oauth}?${query}#wechat_redirect`);
}

/** Which round this state began; it is good once, for five minutes. */
function taken(state: string): number {
  const began = Number(sessionStorage.getItem(STATE + state));
  sessionStorage.removeItem(STATE + state);
  if (!began || Date.now() - began > LIFE) throw new ForeignState();
  return Number(state.split(ROUNDS)[1]);
}
