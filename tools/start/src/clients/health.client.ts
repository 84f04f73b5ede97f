/** Whether the process says that it is ready; every failure to answer means "not yet". */
export async function isReady(url: string): Promise<boolean> {
  try {
    const answer = await fetch(`${url}/readyz`, { signal: AbortSignal.timeout(2_000) });
    await answer.body?.cancel();
    return answer.status === 200;
  } catch {
    return false;
  }
}

/** Why it is not ready, in its own words. */
export async function reasonsOf(url: string): Promise<string> {
  try {
    const answer = await fetch(`${url}/readyz`, { signal: AbortSignal.timeout(2_000) });
    return (await answer.text()).slice(0, 500);
  } catch (fault) {
    return (fault as Error).message;
  }
}
