// A gateway in front of a Lambda function: at its root by events of format 1.0, below /two by those of 2.0 and without the
// prefix. The function is the seed's app behind serverless-wsgi, unless a test brings another one.
import type { Test } from 'tap'
import { bytesOf, type Shot, type Shown, shownOf } from '../attack.ts'
import type { Browser } from '../browser.ts'
import { signedIn } from '../front.ts'
import { startTestGateway, type TestGateway } from '../gateway.ts'
import { type Op, startOp } from '../op.ts'
import { freePort } from '../ports.ts'
import { exchange } from '../raw.ts'
import { type Aws, type AwsOptions, startAws } from './stand-in.ts'

export interface LambdaFront {
  readonly aws: Aws
  readonly gateway: TestGateway
  readonly op: Op
  readonly url: string
  /** Adam, who is an admin of acme. */
  readonly adam: Browser
  readonly cookie: string
  /** Sends bytes as somebody who is signed in, and reads until the gateway closes. */
  ask(target: string, shot?: Omit<Shot, 'target'>): Promise<Shown>
  /** The events that the function got since the test began or forgot. */
  events(): Promise<readonly Readonly<Record<string, unknown>>[]>
}

export interface LambdaFrontOptions {
  readonly aws?: AwsOptions
  /** Lines below each app, indented by four. */
  readonly app?: string
  /** The function, where it is not that of the stand-in. */
  readonly functionArn?: string
  readonly secretAccessKey?: string
  /** `streaming: true`. */
  readonly streaming?: boolean
  /** Starts the function, where it is a process of its own: signing in asks it already. */
  readonly startFunction?: (aws: Aws) => void
}

export async function startLambdaFront(t: Test, options: LambdaFrontOptions = {}): Promise<LambdaFront> {
  const aws = await startAws(t, options.aws)
  options.startFunction?.(aws)
  const op = await startOp()
  t.teardown(() => op.close())
  const port = await freePort()
  const url = `http://localhost:${port}`
  op.register({
    redirectUris: [`${url}/.auth/callback`],
    postLogoutRedirectUris: [`${url}/.auth/logged-out`],
  })
  const app = options.app ?? usualApp
  const keys = {
    access_key_id: aws.accessKeyId,
    secret_access_key: options.secretAccessKey ?? aws.secretAccessKey,
    ...(aws.sessionToken === null ? {} : { session_token: aws.sessionToken }),
  }
  const upstream = (payload: string, more = {}) =>
    JSON.stringify({
      lambda: {
        function: options.functionArn ?? aws.lambda.arn,
        payload,
        streaming: options.streaming ?? false,
      },
      aws: { endpoint: aws.lambda.origin, credentials: keys },
      ...more,
    })
  const gateway = await startTestGateway({
    port,
    yaml: () => `
providers:
  op: { issuer: "${op.issuer}", client_id: ${op.clientId}, client_secret: ${op.clientSecret} }
apps:
  one:
    url: ${url}
    upstream: ${upstream('1.0')}
${app.replaceAll('PREFIX', '')}
  two:
    url: ${url}/two
    upstream: ${upstream('2.0', { strip_prefix: true })}
${app.replaceAll('PREFIX', '/two')}
`,
  })
  t.teardown(() => gateway.close())
  const front = { op, gateway, url, close: async () => {}, echo: null as never }
  const adam = await signedIn(front, 'adam')
  const name = `claimgate-${port}`
  const cookie = `Cookie: ${name}=${adam.cookies('localhost').get(name) ?? ''}`
  return {
    ...{ aws, gateway, op, url, adam, cookie },
    ask: async (target, shot = {}) => {
      const headers = [cookie, ...(shot.headers ?? [])]
      return shownOf(await exchange(port, bytesOf(`localhost:${port}`, { ...shot, target, headers })))
    },
    events: async () =>
      (await aws.requests('lambda')).flatMap(({ event }) => (event === undefined ? [] : [event])),
  }
}

const usualApp = `
    require: signed_in
    identity_headers: { X-Wiki-User: user, X-Wiki-Groups: groups }
    locations:
      - { path: PREFIX/admin, require: { groups: admins } }
      - { path: PREFIX/closed, require: { groups: nobody-has-it } }
      - { path: PREFIX/open, require: anyone }
      - { path: PREFIX/maybe, require: maybe_signed_in }
      - { path: PREFIX/other, require: signed_in, identity_headers: { X-Mail: email } }
`
