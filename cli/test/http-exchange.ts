/** A request of a plugin, as the bench's child sends it to the bench. */
export interface HttpRequest {
  /** Upper case. */
  method: string;
  /** Without fragment. */
  url: string;
  /** By lower-case name. */
  headers: Record<string, string>;
  /** Null when there is none. */
  bodyBase64: string | null;
}

/** What a plugin gets. */
export type HttpAnswer =
  | { status: number; statusText: string; headers: Record<string, string>; body: string }
  /** The request fails with this message. */
  | { error: string };

/** Has a request answered. */
export type AnswerHttp = (request: HttpRequest) => Promise<HttpAnswer>;

/** What a request fails with when the scenario says so, or has no stub for it. */
export class StubbedFailure extends Error {
  override readonly name = 'FetchError';
}
