/** The address of an MLflow server, and how to sign in there; what is shown and stored of it is without credentials. */
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'

export interface Address {
  /** `http://host:5000` or with a path behind it; no credentials, no slash at its end. */
  readonly server: string
  /** The header of requests. */
  readonly authorization: string | null
  /** Milliseconds in which it must answer. */
  readonly patience: number
}

/** Unless the environment says, as it may to MLflow's own clients. */
const usualSeconds = 10

const patienceOf = ({
  MLFLOW_HTTP_REQUEST_TIMEOUT,
}: Readonly<Record<string, string | undefined>>): number => {
  const seconds = Number(MLFLOW_HTTP_REQUEST_TIMEOUT)
  return Math.ceil(1000 * (seconds > 0 && Number.isFinite(seconds) ? seconds : usualSeconds))
}

const basic = (user: string, password: string): string =>
  `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`

/** As MLflow's own clients sign in: by the address, or by the environment. */
const authorizationOf = (
  { username, password }: URL,
  env: Readonly<Record<string, string | undefined>>,
): string | null => {
  if (username !== '') return basic(decodeURIComponent(username), decodeURIComponent(password))
  const { MLFLOW_TRACKING_TOKEN, MLFLOW_TRACKING_USERNAME, MLFLOW_TRACKING_PASSWORD = '' } = env
  if (MLFLOW_TRACKING_TOKEN) return `Bearer ${MLFLOW_TRACKING_TOKEN}`
  return MLFLOW_TRACKING_USERNAME ? basic(MLFLOW_TRACKING_USERNAME, MLFLOW_TRACKING_PASSWORD) : null
}

/** An address that is none of a server; it may hold a password, so that it is not repeated. */
export interface NoAddress {
  readonly _tag: 'NoAddress'
}

/** Errors  NoAddress for what is not http or https */
export const parseAddress = (
  text: string,
  env: Readonly<Record<string, string | undefined>> = process.env,
): E.Either<NoAddress, Address> =>
  pipe(
    E.tryCatch(
      () => {
        const url = new URL(text)
        return { url, authorization: authorizationOf(url, env) }
      },
      (): NoAddress => ({ _tag: 'NoAddress' }),
    ),
    E.filterOrElse(
      ({ url }) => url.protocol === 'http:' || url.protocol === 'https:',
      (): NoAddress => ({ _tag: 'NoAddress' }),
    ),
    E.map(({ url, authorization }) => ({
      server: `${url.origin}${url.pathname.replace(/\/+$/, '')}`,
      authorization,
      patience: patienceOf(env),
    })),
  )
