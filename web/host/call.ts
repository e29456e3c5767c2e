// How every asynchronous function of `wx` answers: to the callbacks it was given, else as a promise.
export interface Options {
  success?(found: object): void;
  fail?(failure: { errMsg: string }): void;
  complete?(found: object): void;
}

/** Thrown by the work of a call: what comes after `name:fail` in the answer. */
export class Fail extends Error {}

export function answered(name: string, options: Options, work: () => Promise<object> | object): Promise<object> | undefined {
  const run = (async () => {
    try {
      return { errMsg: `${name}:ok`, ...(await work()) };
    } catch (error) {
      throw { errMsg: `${name}:fail ${error instanceof Fail ? error.message : String(error)}` };
    }
  })();
  if (!options.success && !options.fail && !options.complete) return run;
  run.then(
    (found) => { options.success?.(found); options.complete?.(found); },
    (failure) => { options.fail?.(failure); options.complete?.(failure); },
  );
  return undefined;
}
