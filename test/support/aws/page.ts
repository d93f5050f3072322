// docs/aws.md as a reader follows it: the app, what stands around it, serverless.yml and the gateway's file are those of
// the page. What AWS would read from serverless.yml is read here: the environment, the app, whether IAM is asked. The
// stand-in takes the place of AWS, and its port that of AWS's hosts; nothing else of the page is changed.
import { readFileSync } from 'node:fs'
import type { Test } from 'tap'
import { parse } from 'yaml'
import { root } from '../examples.ts'
import { type Op, people, startOp } from '../op.ts'
import { blocksOf } from '../page-blocks.ts'
import { type GatewayProcess, newPlace, type Place, runProcess, startProcess } from '../process.ts'
import { type Aws, startAws } from './stand-in.ts'
import { at, objectAt } from './templates.ts'

export const ways = ['secret', 'iam', 'http-api', 'function-url', 'lambda'] as const
export type Way = (typeof ways)[number]

/** User ids that are not plain ASCII. */
export const names = { alice: 'Zoë Ünal', adam: 'Adam', olga: 'Olga' } as const

/** What people open, in the page. */
const publicHost = 'wiki.example.com'
const gatewaySecret = 'a-secret-between-gateway-and-app-of-32-bytes'
const blocks = blocksOf('docs/aws.md')

/** The one block behind a fence with these words. */
export function blockOf(language: string, task: string): string {
  const [found, ...others] = blocks.filter((block) => block.language === language && block.task === task)
  if (found === undefined || others.length > 0)
    throw new Error(`docs/aws.md: not one block ${language} ${task}`)
  return found.text
}

export interface Around {
  /** What the function runs, in the place of what serverless.yml says. */
  readonly app?: string
  readonly environment?: Readonly<Record<string, string>>
  /** Whose `lambda_app.py`, where it is not this way's. */
  readonly wrapper?: 'secret' | 'iam' | 'assertion'
  /** Of the gateway, in the place of the credentials of its role. */
  readonly credentials?: Readonly<Record<string, string>>
}

/** The whole serverless.yml of a way; the page shows of that of an HTTP API what is other than with a REST API. */
function serverlessFor(way: Way): unknown {
  const text = blockOf('yaml', `serverless.yml ${way}`)
  const whole =
    way === 'http-api' ? blockOf('yaml', 'serverless.yml iam').replace(/^ {4}events:\n[\s\S]*$/m, text) : text
  return parse(whole.replaceAll(/\$\{ssm:[^}]*\}/g, gatewaySecret))
}

/** The function as serverless.yml of this way deploys it. */
export async function deploy(
  t: Pick<Test, 'teardown'>,
  way: Way,
  around: Around = {},
  { host = publicHost, files = {} }: { readonly host?: string; readonly files?: Around['environment'] } = {},
): Promise<Aws> {
  const serverless = serverlessFor(way)
  const listed = at(serverless, 'functions', 'wiki', 'events')
  const events: readonly unknown[] = Array.isArray(listed) ? listed : []
  const askIam = (...path: readonly string[]): boolean =>
    events.length > 0 && events.every((event) => at(event, ...path) === 'aws_iam')
  const environment = (at(serverless, 'provider', 'environment') ?? {}) as Record<string, string>
  return startAws(t, {
    app: around.app ?? String(at(serverless, 'custom', 'wsgi', 'app')),
    env: around.environment ?? environment,
    rest: { iam: askIam('http', 'authorizer'), stage: String(at(serverless, 'provider', 'stage')) },
    http: { iam: askIam('httpApi', 'authorizer', 'type') },
    functionUrl: { iam: at(serverless, 'functions', 'wiki', 'url', 'authorizer') === 'aws_iam' },
    lambda: { arn: functionArn() },
    files: {
      'wiki.py': blockOf('python', 'wiki.py'),
      'today.py': blockOf('python', 'today.py'),
      'lambda_app.py': blockOf(
        'python',
        `lambda_app.py ${around.wrapper ?? (way === 'secret' ? 'secret' : 'iam')}`,
      ).replace(publicHost, host),
      'claimgate_guard.py': readFileSync(`${root}config/examples/flask/claimgate_guard.py`, 'utf8'),
      ...files,
    },
  })
}

/** The function that the page's block invokes. */
function functionArn(): string {
  const upstream: unknown = parse(blockOf('yaml', 'block lambda'))
  return String(at(upstream, 'upstream', 'lambda', 'function'))
}

/** The block of a way, for the stand-in. */
function blockFor(way: Way, aws: Aws): string {
  const block = blockOf('yaml', `block ${way}`)
  switch (way) {
    case 'secret':
      return block.replace(aws.rest.url, aws.rest.local)
    case 'iam':
      return block.replace('aws: { sign: ', `aws: { endpoint: "${aws.rest.origin}", sign: `)
    case 'http-api':
      return block.replace('aws: { sign: ', `aws: { endpoint: "${aws.http.origin}", sign: `)
    case 'function-url':
      return block.replace('aws: { sign: ', `aws: { endpoint: "${aws.functionUrl.origin}", sign: `)
    case 'lambda':
      return `${block}      aws: { endpoint: "${aws.lambda.origin}" }\n`
  }
}

/** The gateway's file: that of the page, with one block put into its place. */
export function fileFor(way: Way, aws: Aws, { op, url }: { readonly op: Op; readonly url: string }): string {
  const file = blockOf('yaml', 'claimgate.yaml')
  const [before = '', after, ...others] = file.split('    # ← the block\n')
  if (after === undefined || others.length > 0) throw new Error('docs/aws.md: no place for the block')
  return `${before}${blockFor(way, aws)}${after}`
    .replace('https://login.example.com', op.issuer)
    .replace('client_id: wiki', `client_id: ${op.clientId}\n    user_id: name`)
    .replace(`https://${publicHost}`, url)
}

/** The environment of the gateway, in all ways: its secrets, and the credentials of its role. */
function environmentFor(aws: Aws, op: Op, { credentials = credentialsOf(aws) }: Around): Walk['env'] {
  return { OIDC_CLIENT_SECRET: op.clientSecret, GATEWAY_SECRET: gatewaySecret, ...credentials }
}

function credentialsOf(aws: Aws): Readonly<Record<string, string>> {
  return {
    AWS_ACCESS_KEY_ID: aws.accessKeyId,
    AWS_SECRET_ACCESS_KEY: aws.secretAccessKey,
    ...(aws.sessionToken === null ? {} : { AWS_SESSION_TOKEN: aws.sessionToken }),
  }
}

export interface Walk {
  readonly aws: Aws
  readonly op: Op
  readonly place: Place
  readonly gateway: GatewayProcess
  /** What people open. */
  readonly url: string
  readonly env: Readonly<Record<string, string>>
}

/** Provider, function and gateway process of one way; all end with the test. */
export async function openWay(t: Pick<Test, 'teardown'>, way: Way, around: Around = {}): Promise<Walk> {
  const op = await startNamedOp()
  t.teardown(() => op.close())
  const place = await newPlace()
  t.teardown(() => place.remove())
  const verifies = around.wrapper === 'assertion'
  const { host } = new URL(place.url)
  const aws = await deploy(t, way, around, { host, files: verifies ? await snippetFor(place) : {} })
  op.register({
    redirectUris: [`${place.url}/.auth/callback`],
    postLogoutRedirectUris: [`${place.url}/.auth/logged-out`],
  })
  const file = fileFor(way, aws, { op, url: place.url })
  place.write(verifies ? file.replace('    require: ', '    identity_assertion: {}\n    require: ') : file)
  const env = environmentFor(aws, op, around)
  const gateway = await startProcess(place, { env })
  t.teardown(async () => void (await gateway.stop()))
  return { aws, op, place, gateway, url: place.url, env }
}

/** The file that `claimgate snippet` writes, for an app at this address. */
async function snippetFor(place: Place): Promise<Readonly<Record<string, string>>> {
  place.write(`
providers: { acme: { issuer: "https://login.example.com", client_id: wiki, client_secret: a-client-secret } }
apps: { wiki: { url: "${place.url}", upstream: "http://127.0.0.1:9", require: signed_in, identity_assertion: {} } }
`)
  const { stdout, stderr } = await runProcess(['snippet', 'flask', '-c', place.file])
  if (stdout === '') throw new Error(`no snippet: ${stderr}`)
  return { 'verified_user.py': stdout }
}

/** The usual people, with names of their own. */
function startNamedOp(): Promise<Op> {
  const findAccount = async (_ctx: unknown, id: string) => {
    const person = Object.entries(people).find(([key]) => key === id)?.[1]
    const name = Object.entries(names).find(([key]) => key === id)?.[1]
    return person && { accountId: id, claims: async () => ({ sub: id, ...person, name }) }
  }
  return startOp({ configuration: { findAccount } })
}

/** The rows of the table below a heading, their cells without spaces around. */
export function rowsBelow(heading: string): readonly (readonly string[])[] {
  const [, section = ''] = readFileSync(`${root}docs/aws.md`, 'utf8').split(`\n## ${heading}\n`)
  const [above = ''] = section.split('\n## ')
  const lines = above.split('\n').filter((line) => line.startsWith('| '))
  return lines.slice(2).map((line) =>
    line
      .split('|')
      .slice(1, -1)
      .map((cell) => cell.trim()),
  )
}

/** A block of JSON of the page. */
export function policyOf(task: string): Readonly<Record<string, unknown>> {
  return objectAt(JSON.parse(blockOf('json', task)))
}
