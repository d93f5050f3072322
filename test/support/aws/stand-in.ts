// Stands in for AWS: a stage of a REST API, a stage of an HTTP API, a function URL and Lambda's Invoke, each on a port of
// loopback, all before one Python function. It shares no line with the gateway: signatures are made again by botocore,
// events are built and errors are worded as AWS documents them (test/support/aws/*.py name the pages).
//
//   const aws = await startAws(t)                        // seed_app.py behind the real serverless-wsgi, IAM everywhere
//   aws.rest.url        'https://abc123.execute-api.eu-west-1.amazonaws.com/prod'   what an operator writes
//   aws.rest.origin     'http://127.0.0.1:4711'          where it listens: for `upstream.aws.endpoint`
//   aws.rest.local      'http://127.0.0.1:4711/prod'     both in one, for a `url` that states region and service
//   aws.lambda.arn      'arn:aws:lambda:eu-west-1:123456789012:function:wiki:live'
//   aws.keys[0]         { accessKeyId, secretAccessKey, sessionToken, arn }: those it knows; setKeys changes them
//   await aws.requests() what came, in order: lines, body, whether refused and how, the event, whether the function failed
//   await aws.setClock(seconds | null) · aws.setKeys([{ ...aws.keys[0], expired: true }]) · aws.forget()
//   await aws.answerNext('lambda', [{ status: 429, headers: { 'Retry-After': '3' }, body: '{…}' }])  after the signature
// Other functions: { handler: 'own.handler', files: { 'own.py': 'def handler(event, context): …' } }, or an `app` of
// serverless-wsgi ('module.app') from `files` or `folders`; a place may have a `handler` and `iam` of its own.
// { handler: 'runtime' }: a process of its own by the Runtime API at aws.runtime; startNodeFunction runs one of Node's.
// Invoke streams too, by its own path: what Python returns comes in two pieces, what Node streams as it comes.
import { cpSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Test } from 'tap'
import { startChild, stopChild } from '../child.ts'
import { createWaits } from '../waiting.ts'

export type AwsPlaceName = 'rest' | 'http' | 'functionUrl' | 'lambda' | 's3' | 'lattice' | 'sts'

export interface AwsKey {
  readonly accessKeyId: string
  readonly secretAccessKey: string
  readonly sessionToken: string | null
  /** Who it is, in words of refusals and in events. */
  readonly arn: string
  /** False: its policy allows nothing. */
  readonly allowed?: boolean
  readonly expired?: boolean
  /** Seconds since 1970. */
  readonly endsAt?: number
}

/** A role that the token service gives credentials of. */
export interface AwsRole {
  readonly arn: string
  readonly externalId?: string
  /** Access keys that may take it; everybody's unless given. */
  readonly trusts?: readonly string[]
  /** Tokens of a pod or the like that may take it. */
  readonly webTokens?: readonly string[]
}

export interface StsOptions {
  readonly roles: readonly AwsRole[]
  /** How long what it gives lives; an hour unless given. */
  readonly seconds?: number
}

export interface AwsPlaceOptions {
  /** True where nothing else is said. Lambda's Invoke demands it whatever is said. */
  readonly iam?: boolean
  readonly handler?: string
}

export interface AwsOptions {
  readonly rest?: AwsPlaceOptions & { readonly stage?: string }
  readonly http?: AwsPlaceOptions & { readonly stage?: string; readonly payload?: '1.0' | '2.0' }
  readonly functionUrl?: AwsPlaceOptions
  readonly lambda?: AwsPlaceOptions & { readonly arn?: string }
  readonly s3?: AwsPlaceOptions
  readonly lattice?: AwsPlaceOptions
  /** A domain that leads to every place too; REST and HTTP APIs keep their stage. */
  readonly domain?: string
  /** `module.function`; unless given serverless-wsgi's. */
  readonly handler?: string
  /** What serverless-wsgi runs: `seed_app.app` unless given. */
  readonly app?: string
  /** More of `.serverless-wsgi`, such as `text_mime_types`. */
  readonly wsgi?: Readonly<Record<string, unknown>>
  /** Files of the package beside the adapter. */
  readonly files?: Readonly<Record<string, string>>
  /** Folders that modules are looked for in, after the package. */
  readonly folders?: readonly URL[]
  readonly env?: Readonly<Record<string, string>>
  readonly keys?: readonly AwsKey[]
  /** The token service. All places know whom it gave credentials. */
  readonly sts?: StsOptions
  readonly timeoutSeconds?: number
}

export interface AwsPlace {
  readonly origin: string
  /** Its name at AWS, without a port. */
  readonly host: string
}

export interface AwsAddress extends AwsPlace {
  readonly url: string
  readonly local: string
}

export interface AwsRequest {
  readonly place: AwsPlaceName
  readonly method: string
  readonly target: string
  readonly lines: readonly (readonly [string, string])[]
  /** Null: larger than the place takes. */
  readonly body: Buffer | null
  readonly status: number
  readonly requestId: string
  /** `InvalidSignatureException` and such, or a status; undefined when it was let in. */
  readonly refused?: string | number
  /** The access key whose signature was right. */
  readonly key?: string
  readonly event?: Readonly<Record<string, unknown>>
  /** What the token service was asked. */
  readonly form?: Readonly<Record<string, string>>
  readonly functionFailed?: boolean
  /** What has come by now of a body that is taken as it comes. */
  readonly sent?: { readonly bytes: number; readonly sha256: string }
  /** Of an answer that streams: how much of it was taken; `left`: whoever asked went away. */
  readonly taken?: 'in part' | 'whole' | 'left'
}

export interface AwsAnswer {
  readonly status: number
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string | Buffer
}

export interface Aws {
  readonly region: string
  readonly rest: AwsAddress & { readonly stage: string }
  readonly http: AwsAddress & { readonly stage: string }
  readonly functionUrl: AwsAddress
  readonly lambda: AwsPlace & { readonly arn: string }
  /** A bucket of S3, and a service of VPC Lattice: they take bodies as they come. */
  readonly s3: AwsAddress
  readonly lattice: AwsAddress
  /** `127.0.0.1:4712`, where a function of `handler: 'runtime'` polls; null without one. */
  readonly runtime: string | null
  /** For AWS_ENDPOINT_URL_STS. */
  readonly sts: { readonly origin: string }
  readonly keys: readonly AwsKey[]
  readonly accessKeyId: string
  readonly secretAccessKey: string
  readonly sessionToken: string | null
  requests(place?: AwsPlaceName): Promise<readonly AwsRequest[]>
  forget(): Promise<void>
  setSts(options: StsOptions): Promise<void>
  setKeys(keys: readonly AwsKey[]): Promise<void>
  /** Seconds since 1970; null: the time that it is. */
  setClock(seconds: number | null): Promise<void>
  /** What the next requests get that are let in there, instead of the function's answers. */
  answerNext(place: AwsPlaceName, answers: readonly AwsAnswer[]): Promise<void>
  /** What the function and the process printed. */
  log(): string
  close(): Promise<void>
}

const region = 'eu-west-1'
const here = new URL('.', import.meta.url)
const adapter = new URL('../../../node_modules/serverless-wsgi/', import.meta.url)

export const roleKey: AwsKey = {
  accessKeyId: 'ASIAIOSFODNN7EXAMPLE',
  secretAccessKey: 'wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY',
  sessionToken: 'IQoJb3JpZ2luX2VjEXAMPLE/token+of=a/role==',
  arn: 'arn:aws:sts::123456789012:assumed-role/gateway/claimgate',
}

/** Until all places listen. Ends with the test. */
export async function startAws(t: Pick<Test, 'teardown'>, options: AwsOptions = {}): Promise<Aws> {
  const keys = options.keys ?? [roleKey]
  const [first] = keys
  if (first === undefined) throw new Error('a stand-in without any key lets nobody in')
  const folder = deploy(options)
  const arn = options.lambda?.arn ?? `arn:aws:lambda:${region}:123456789012:function:wiki:live`
  const rest = { stage: 'prod', ...named(options, 'rest', `abc123.execute-api.${region}.amazonaws.com`) }
  const http = {
    stage: '$default',
    payload: '2.0',
    ...named(options, 'http', `def456.execute-api.${region}.amazonaws.com`),
  }
  const functionUrl = named(options, 'functionUrl', `abcdefghijklmnop012345.lambda-url.${region}.on.aws`)
  const lambda = named(options, 'lambda', `lambda.${region}.amazonaws.com`)
  const s3 = named(options, 's3', `wiki-files.s3.${region}.amazonaws.com`)
  const lattice = named(options, 'lattice', `wiki-0a1b2c3d.7d67968.vpc-lattice-svcs.${region}.on.aws`)
  const process = await startPlaces(folder, options, {
    region,
    arn,
    keys,
    handler: options.handler ?? 'wsgi_handler.handler',
    timeoutSeconds: options.timeoutSeconds ?? 30,
    places: { rest, http, functionUrl, lambda, s3, lattice },
    sts: options.sts ?? { roles: [] },
  })
  t.teardown(process.close)
  const origin = (place: AwsPlaceName): string => `http://127.0.0.1:${process.port(place)}`
  const address = (place: AwsPlaceName, hosts: readonly string[], path: string): AwsAddress => {
    const host = hosts[0] ?? ''
    return { origin: origin(place), host, url: `https://${host}${path}`, local: `${origin(place)}${path}` }
  }
  const httpPath = http.stage === '$default' ? '' : `/${http.stage}`
  return {
    region,
    rest: { ...address('rest', rest.hosts, `/${rest.stage}`), stage: rest.stage },
    http: { ...address('http', http.hosts, httpPath), stage: http.stage },
    functionUrl: address('functionUrl', functionUrl.hosts, ''),
    s3: address('s3', s3.hosts, ''),
    lattice: address('lattice', lattice.hosts, ''),
    lambda: { origin: origin('lambda'), host: lambda.hosts[0] ?? '', arn },
    runtime: process.port('runtime') === 0 ? null : `127.0.0.1:${process.port('runtime')}`,
    sts: { origin: origin('sts') },
    keys,
    accessKeyId: first.accessKeyId,
    secretAccessKey: first.secretAccessKey,
    sessionToken: first.sessionToken,
    ...controls(`http://127.0.0.1:${process.port('control')}`),
    log: process.log,
    close: process.close,
  }
}

function named<N extends AwsPlaceName>(options: AwsOptions, name: N, host: string) {
  const hosts = [host, ...(options.domain === undefined ? [] : [options.domain])]
  return { iam: true, ...options[name], hosts }
}

/** A folder as a deployed package has it: the adapter's two modules, its file, the app. */
function deploy(options: AwsOptions): string {
  const folder = mkdtempSync(join(tmpdir(), 'claimgate-lambda-'))
  for (const name of ['wsgi_handler.py', 'serverless_wsgi.py'])
    cpSync(new URL(name, adapter), join(folder, name))
  cpSync(new URL('seed_app.py', here), join(folder, 'seed_app.py'))
  const wsgi = { app: options.app ?? 'seed_app.app', ...options.wsgi }
  writeFileSync(join(folder, '.serverless-wsgi'), JSON.stringify(wsgi))
  for (const [name, text] of Object.entries(options.files ?? {})) writeFileSync(join(folder, name), text)
  return folder
}

interface Places {
  port(place: AwsPlaceName | 'control' | 'runtime'): number
  log(): string
  close(): Promise<void>
}

async function startPlaces(folder: string, options: AwsOptions, asked: object): Promise<Places> {
  const paths = [folder, ...(options.folders ?? []).map((url) => fileURLToPath(url))]
  // Debian's interpreter: botocore and Flask are its packages.
  const child = startChild(
    '/usr/bin/python3',
    ['-B', fileURLToPath(new URL('stand_in.py', here)), JSON.stringify(asked)],
    {
      cwd: folder,
      env: {
        PATH: '/usr/bin:/bin',
        LANG: 'C.UTF-8',
        PYTHONUNBUFFERED: '1',
        PYTHONPATH: paths.join(':'),
        ...options.env,
      },
    },
  )
  const waits = createWaits()
  let printed = ''
  let log = ''
  child.stdout.on('data', (piece: Buffer) => {
    printed += piece.toString('utf8')
    waits.wake()
  })
  child.stderr.on('data', (piece: Buffer) => {
    log += piece.toString('utf8')
  })
  child.once('error', () => waits.wake())
  child.once('exit', () => waits.wake())
  const close = async (): Promise<void> => {
    await stopChild(child)
    rmSync(folder, { recursive: true, force: true })
  }
  const line = await waits.until({
    what: 'the stand-in of AWS to say its ports',
    look: () => {
      if (child.exitCode !== null || child.pid === undefined) throw new Error(`it ended:\n${log}`)
      return printed.includes('\n') ? printed.slice(0, printed.indexOf('\n')) : undefined
    },
    seen: () => log,
  })
  const ports: Record<string, number> = JSON.parse(line)
  return { port: (place) => ports[place] ?? 0, log: () => printed + log, close }
}

function controls(origin: string) {
  const tell = async (path: string, value: unknown): Promise<void> => {
    const answer = await fetch(`${origin}${path}`, { method: 'POST', body: JSON.stringify(value) })
    if (!answer.ok) throw new Error(`the stand-in of AWS answers ${answer.status} to ${path}`)
  }
  type Kept = Omit<AwsRequest, 'body'> & { readonly body: string | null }
  return {
    requests: async (place?: AwsPlaceName): Promise<readonly AwsRequest[]> => {
      const kept = (await (await fetch(`${origin}/requests`)).json()) as readonly Kept[]
      return kept
        .filter((one) => place === undefined || one.place === place)
        .map((one) => ({ ...one, body: one.body === null ? null : Buffer.from(one.body, 'base64') }))
    },
    forget: () => tell('/forget', null),
    setSts: ({ roles, seconds = 3600 }: StsOptions) => tell('/sts', { roles, seconds }),
    setKeys: (keys: readonly AwsKey[]) => tell('/keys', keys),
    setClock: (seconds: number | null) => tell('/clock', seconds),
    answerNext: (place: AwsPlaceName, answers: readonly AwsAnswer[]) =>
      tell('/answers', {
        place,
        answers: answers.map(({ status, headers = {}, body = '' }) => ({
          status,
          lines: Object.entries(headers),
          body: Buffer.from(body).toString('base64'),
        })),
      }),
  }
}
