import type { Lever, TapAnswer, TapRequest } from './tap.client';

export const answering = (status: number, body: string, headers: Readonly<Record<string, string>> = {}): TapAnswer => ({ status, headers, body });

/** The system's own answer with another body. */
export const withBody =
  (change: (body: string, request: TapRequest) => string): Lever =>
  async (request, pass) => {
    const answer = await pass();
    return { ...answer, body: change(answer.body, request) };
  };

/** The system's own answer, as a vendor's profile spoils it. */
export const withJson = (change: (answer: unknown, request: TapRequest) => unknown): Lever => withBody((body, request) => JSON.stringify(change(JSON.parse(body), request)));

/** Only the next request. */
export function once(lever: Lever): Lever {
  let used = false;
  return (request, pass) => {
    if (used) return pass();
    used = true;
    return lever(request, pass);
  };
}
