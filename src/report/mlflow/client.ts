/** Requests to an MLflow server, each with an answer in bounded time or a fault. Source  MLflow's REST API, version 2.0 */
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import * as t from 'io-ts'
import { decode } from '../../io/codec.js'
import { parseJson } from '../../io/json.js'
import type { Address } from './address.js'
import type { ServerFault } from './error.js'

/** Bytes a millisecond of the slowest upload that is waited for. */
const slowest = 500

/** The most of a server's words that a message repeats. */
const mostWords = 200

interface Request {
  readonly method: 'GET' | 'POST' | 'PUT'
  readonly path: string
  readonly body?: Uint8Array<ArrayBuffer> | string
  readonly type?: string
}

/** The reason of a failed connection is the cause of what `fetch` throws. */
const noAnswer = (reason: unknown): ServerFault => {
  const error = reason instanceof Error && reason.cause instanceof Error ? reason.cause : reason
  const code = error instanceof Error && 'code' in error ? `${error.code}` : ''
  return { _tag: 'NoAnswer', reason: (error instanceof Error && error.message) || code || 'no connection' }
}

const refusalCodec = t.type({ error_code: t.string, message: t.string })

const refusal = (status: number, text: string): ServerFault => {
  const said = pipe(parseJson('')(Buffer.from(text)), E.flatMap(decode(refusalCodec)))
  return E.isRight(said)
    ? {
        _tag: 'ServerRefused',
        status,
        code: said.right.error_code,
        said: said.right.message.slice(0, mostWords),
      }
    : { _tag: 'ServerRefused', status, code: '', said: '' }
}

const send = (
  { server, authorization, patience }: Address,
  { method, path, body, type }: Request,
): TE.TaskEither<ServerFault, string> =>
  pipe(
    TE.tryCatch(async () => {
      const response = await fetch(`${server}/api/2.0/${path}`, {
        method,
        headers: {
          ...(type !== undefined && { 'content-type': type }),
          ...(authorization !== null && { authorization }),
        },
        ...(body !== undefined && { body }),
        signal: AbortSignal.timeout(patience + Math.ceil((body?.length ?? 0) / slowest)),
      })
      return { status: response.status, ok: response.ok, text: await response.text() }
    }, noAnswer),
    TE.flatMapEither(({ ok, status, text }) => (ok ? E.right(text) : E.left(refusal(status, text)))),
  )

const decodeAnswer =
  <A>(codec: t.Type<A, unknown>) =>
  (text: string): E.Either<ServerFault, A> =>
    pipe(
      parseJson('')(Buffer.from(text)),
      E.flatMap(decode(codec)),
      E.mapLeft((fault): ServerFault => ({ _tag: 'StrangeAnswer', fault })),
    )

/** Errors  NoAnswer, ServerRefused, StrangeAnswer */
export const get =
  <A>(codec: t.Type<A, unknown>) =>
  (address: Address, path: string, query: Readonly<Record<string, string>>): TE.TaskEither<ServerFault, A> =>
    pipe(
      send(address, { method: 'GET', path: `${path}?${new URLSearchParams(query)}` }),
      TE.flatMapEither(decodeAnswer(codec)),
    )

/** Errors  NoAnswer, ServerRefused, StrangeAnswer */
export const post =
  <A>(codec: t.Type<A, unknown>) =>
  (address: Address, path: string, body: unknown): TE.TaskEither<ServerFault, A> =>
    pipe(
      send(address, { method: 'POST', path, type: 'application/json', body: JSON.stringify(body) }),
      TE.flatMapEither(decodeAnswer(codec)),
    )

/** Errors  NoAnswer, ServerRefused */
export const put = (
  address: Address,
  path: string,
  body: Uint8Array<ArrayBuffer>,
): TE.TaskEither<ServerFault, void> =>
  pipe(
    send(address, { method: 'PUT', path, type: 'application/octet-stream', body }),
    TE.map(() => undefined),
  )
