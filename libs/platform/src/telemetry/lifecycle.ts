// What the rest of the platform knows of the tracing SDK without loading it (300 ms): its name giver and its end.
let stop: (() => Promise<void>) | undefined;
let announceName: (name: string) => void = () => undefined;

/** Resolves when the process knows who it is; OTEL_SERVICE_NAME wins over it. */
export const serviceName: Promise<string> = new Promise((resolve) => {
  announceName = resolve;
});

export const nameService = (name: string): void => announceName(name);

export function onTelemetryStop(callback: () => Promise<void>): void {
  stop = callback;
}

/** Sends what is left and ends within `withinMs`, because a missing collector must not delay a deployment. */
export async function stopTelemetry(withinMs = 2_000): Promise<void> {
  const stopping = stop;
  stop = undefined;
  if (stopping === undefined) return;
  nameService('unnamed'); // spans wait for the name: whoever ends before having one still gets rid of them
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, withinMs);
  });
  await Promise.race([stopping().catch(() => undefined), late]);
  clearTimeout(timer);
}
