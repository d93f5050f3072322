// Our events against what others hold to be AWS's: the schemas of Powertools for Lambda, which AWS keeps, and the types that
// functions in TypeScript are written with.
import { execFileSync, spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import t from 'tap'
import { type MadeEvent, madeEvents } from '../../support/aws/made-events.ts'

const root = new URL('../../../', import.meta.url)
const events = madeEvents(600)

function said(asked: readonly MadeEvent[]): readonly (readonly string[])[] {
  const program = fileURLToPath(new URL('test/support/aws/event-schemas.mjs', root))
  const printed = execFileSync(process.execPath, [program], {
    input: asked.map((one) => JSON.stringify(one)).join('\n'),
    maxBuffer: 64 * 1024 * 1024,
  })
  const lines = printed.toString('utf8').trim().split('\n')
  return lines.map((line) => JSON.parse(line))
}

t.test('Powertools’ schemas take every event, and know all but what is ours', async (t) => {
  const found = new Map<string, number>()
  const answers = said(events)
  t.equal(answers.length, events.length)
  for (const answer of answers) for (const line of answer) found.set(line, (found.get(line) ?? 0) + 1)
  t.same([...found.keys()].sort(), [
    'HTTP API.requestContext.authorizer.principalId: unknown',
    'REST API.requestContext.authorizer.principalId: unknown',
    // HTTP APIs write it in format 1.0, REST APIs do not.
    'REST API.version: unknown',
    'function URL.requestContext.authorizer.principalId: unknown',
  ])
})

/** What functions in TypeScript are written with, but for what AWS's own events do not have either. */
const types = `
import type { APIGatewayEventRequestContext, APIGatewayProxyEvent, APIGatewayProxyEventV2 } from 'aws-lambda'
import type { APIGatewayProxyEventV2WithJWTAuthorizer } from 'aws-lambda'
type Context = APIGatewayEventRequestContext
type Authorizer = { authorizer?: { principalId: string; claims: { [name: string]: string } } }
type Event1 = Omit<APIGatewayProxyEvent, 'requestContext'> & {
  version: '1.0'
  requestContext: Omit<Context, 'authorizer' | 'identity' | 'resourceId'> & Authorizer & {
    resourceId: null
    identity: Pick<Context['identity'], 'sourceIp' | 'userAgent'>
  }
}
type Event2 = APIGatewayProxyEventV2 | APIGatewayProxyEventV2WithJWTAuthorizer
`

function faultsOfTypes(text: string): string {
  const folder = mkdtempSync(join(tmpdir(), 'claimgate-types-'))
  try {
    const paths = {
      'aws-lambda': [fileURLToPath(new URL('node_modules/@types/aws-lambda/index.d.ts', root))],
    }
    const compilerOptions = {
      strict: true,
      noEmit: true,
      skipLibCheck: true,
      target: 'es2025',
      lib: ['es2025'],
      types: [],
      paths,
    }
    writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify({ compilerOptions, files: ['events.ts'] }))
    writeFileSync(join(folder, 'events.ts'), types + text)
    const compiler = fileURLToPath(new URL('node_modules/.bin/tsc', root))
    // tap has Node load modules of its own in children too, with which this one does not start.
    const command = ['-u', 'NODE_OPTIONS', process.execPath, compiler, '-p', folder, '--pretty', 'false']
    const ran = spawnSync('/usr/bin/env', command, { encoding: 'utf8' })
    if (ran.status !== 0 && ran.stdout === '')
      throw new Error(`tsc did not run: ${ran.stderr}`, { cause: ran.error })
    return ran.stdout
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

const literal = ({ format, event }: MadeEvent, i: number): string =>
  `export const event${i}: ${format === '1.0' ? 'Event1' : 'Event2'} = ${JSON.stringify(event)}`

t.test('the types of functions in TypeScript hold for our events, without a field more', async (t) => {
  t.equal(faultsOfTypes(events.slice(0, 100).map(literal).join('\n')), '')
  const bent = events
    .slice(0, 2)
    .map(({ format, event }) => ({ format, event: { ...Object(event), ours: 1 } }))
  t.match(
    faultsOfTypes(bent.map(literal).join('\n')),
    /event0[\s\S]*ours[\s\S]*event1[\s\S]*ours|ours[\s\S]*ours/,
  )
})

t.test('and they take none that lacks a field or has another type', async (t) => {
  const bent = (format: MadeEvent['format'], bend: (event: Record<string, unknown>) => void): MadeEvent => {
    const event = structuredClone(events.find((one) => one.format === format)?.event)
    if (typeof event !== 'object' || event === null) throw new Error('there is no event')
    const record: Record<string, unknown> = { ...event }
    bend(record)
    return { format, event: record }
  }
  const answers = said([
    bent('1.0', (event) => delete event.requestContext),
    bent('1.0', (event) => delete event.isBase64Encoded),
    bent('2.0', (event) => Object.assign(event, { rawQueryString: null })),
    bent('2.0', (event) => Object.assign(event, { cookies: 'a=1' })),
    bent('2.0', (event) => Object.assign(event, { ours: true })),
  ])
  for (const answer of answers) t.ok(answer.length > 0)
})
