import type { APIGatewayProxyEvent, APIGatewayProxyResult } from 'aws-lambda';
import { type Problem, problemBody, problemContentType, problemKinds } from './problem.ts';
import type { Progress } from './request-steps.ts';

/** An answer that can be stored under a key and given again. */
export interface StoredAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

export const problemAnswer = (
  problem: Problem,
  instance: string,
  requestId: string,
): StoredAnswer => ({
  status: problemKinds[problem.code].status,
  headers: {
    'Content-Type': problemContentType,
    ...(problem.retryAfterSeconds === undefined
      ? {}
      : { 'Retry-After': String(problem.retryAfterSeconds) }),
  },
  body: JSON.stringify(problemBody(problem, { instance, requestId })),
});

export const problemResponse = (
  problem: Problem,
  event: APIGatewayProxyEvent,
  progress: Progress,
): APIGatewayProxyResult => {
  const { status, headers, body } = problemAnswer(problem, event.path, progress.requestId);
  return { statusCode: status, headers: { ...headers }, body };
};
