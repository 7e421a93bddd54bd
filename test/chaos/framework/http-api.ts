import type { Gateway } from '../../support/in-process-gateway.ts';

/** Requests over HTTP as they are, to a process that may die meanwhile; then it throws. */
export const httpApi =
  (url: string): Gateway =>
  async ({ method, path, headers, body }) => {
    const answer = await fetch(`${url}${path}`, {
      method,
      headers,
      ...(body === null ? {} : { body }),
    });
    return {
      status: answer.status,
      headers: Object.fromEntries(answer.headers),
      text: await answer.text(),
    };
  };
