/** JSON-RPC as Tryton's own web client speaks it; for seeding and for playing the clerk in tests. */

export interface TrytonSession {
  /** Calls `model.<model>.<method>` with the user's context appended; answers the result, throws on Tryton's errors. */
  call<T = unknown>(model: string, method: string, ...params: unknown[]): Promise<T>;
  /** The same with more in the context. */
  callWith<T = unknown>(context: object, model: string, method: string, ...params: unknown[]): Promise<T>;
}

interface Answer {
  readonly result?: unknown;
  readonly error?: unknown;
}

/** Logs in as soon as the server answers (it takes some seconds to load its modules). */
export async function openSession(url: string, credentials: { user: string; password: string }): Promise<TrytonSession> {
  const [userId, key] = await firstAnswer(url, credentials);
  const authorization = `Session ${Buffer.from(`${credentials.user}:${userId}:${key}`).toString('base64')}`;
  const ask = (method: string, params: unknown[]): Promise<unknown> => request(url, method, params, authorization);
  // The context names the company, which a seed may have just created: read it for each call.
  const callWith = async <T>(more: object, model: string, method: string, ...params: unknown[]): Promise<T> => {
    const context = (await ask('model.res.user.get_preferences', [true, {}])) as object;
    return (await ask(`model.${model}.${method}`, [...params, { ...context, ...more }])) as T;
  };
  return { callWith, call: <T>(model: string, method: string, ...params: unknown[]) => callWith<T>({}, model, method, ...params) };
}

async function firstAnswer(url: string, { user, password }: { user: string; password: string }): Promise<[number, string]> {
  const patience = Date.now() + 60_000;
  for (;;) {
    try {
      return (await request(url, 'common.db.login', [user, { password }, 'en'])) as [number, string];
    } catch (error) {
      if (Date.now() > patience) throw error;
      await new Promise((resolve) => setTimeout(resolve, 250));
    }
  }
}

async function request(url: string, method: string, params: unknown[], authorization?: string): Promise<unknown> {
  const response = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...(authorization ? { authorization } : {}) },
    body: JSON.stringify({ id: 1, method, params }),
  });
  const text = await response.text();
  if (!response.ok) throw new Error(`${method}: HTTP ${response.status} ${text.slice(0, 200)}`);
  const answer = JSON.parse(text) as Answer; // errors come with HTTP 200
  if (answer.error !== undefined) throw new Error(`${method}: ${JSON.stringify(answer.error).slice(0, 400)}`);
  return answer.result;
}
