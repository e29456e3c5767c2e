// A page's way of reading: what was kept at once, then what is true now, or a sentence.
import { NotLetIn, Unreached } from './core/api';
import { ask, readings, signedIn } from './session';
import { moment } from './words';

/** The state of a page: its `state` component shows all but `ready`. */
export interface Reading {
  state: 'loading' | 'ready' | 'error';
  /** Why there is nothing, where state is error. */
  problem: string;
  /** How old what is shown is, where it could not be read again; else "". */
  stale: string;
}

export const LOADING: Reading = { state: 'loading', problem: '', stale: '' };

/**
 * Reads `path` for a page. `show` is called at most twice, with what was kept from the last time and with what is true now; the
 * answer is what `setData` of the page takes beside it. Never throws. Of what is asked but once, as a search, nothing `stays`.
 */
export async function read<T>(path: string, show: (found: T) => void, stays = true): Promise<Reading> {
  const last = stays ? readings()?.get<T>(path) : undefined;
  if (last) show(last.value);
  try {
    await signedIn(); // of whom nothing may be known before
    const value = stays ? (await readings()!.read({ call: ask }, path, last)).value : (await ask({ method: 'GET', path })).body as T;
    if (value !== last?.value) show(value);
    return { state: 'ready', problem: '', stale: '' };
  } catch (error) {
    if (error instanceof NotLetIn) return LOADING; // the login page is on its way
    const problem = (error as Error).message;
    if (!last) return { state: 'error', problem, stale: '' };
    const why = error instanceof Unreached ? '没有网络' : problem;
    return { state: 'ready', problem: '', stale: `${why}，现在看的是 ${moment(new Date(last.at))} 的` };
  }
}
