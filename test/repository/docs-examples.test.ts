// What people copy from the documentation must load, and what it says about who gets in must be so: the gate is asked.
//
//   ```yaml        a configuration, or what stands under an app: it has no fault
//   ```yaml fragment  a piece that needs its surroundings; those of docs/lint.md are held by the cases of lint itself
//   ```yaml fault  one that has; the next ```fault holds what `check` says, a message a line
//   ```try         who gets in by the configuration above: METHOD PATH  WHO  → OUTCOME
//   ```text who METHOD PATH, ```text explain METHOD PATH  WHO   what these commands print of it
import { readdirSync, readFileSync } from 'node:fs'
import t from 'tap'
import { parse } from 'yaml'
import { type LoadedGateway, loadGatewayFromText } from '../../src/config/load.ts'
import { appKeys } from '../../src/config/schema/app.ts'
import { groupKeys, topKeys } from '../../src/config/schema/file.ts'
import type { Gateway } from '../../src/core/gateway.ts'
import { isObject, type Json } from '../../src/core/json.ts'
import type { Claims } from '../../src/core/rules/claims.ts'
import { probe } from '../../src/http/admission/probe.ts'
import { type Explanation, explain } from '../../src/rehearsal/explain/explanation.ts'
import { explanationText } from '../../src/rehearsal/explain/text.ts'
import { accessAt, judgingLocations } from '../../src/rehearsal/who/access.ts'
import { accessText } from '../../src/rehearsal/who/report.ts'
import { root, variablesOf } from '../support/examples.ts'

interface Block {
  /** `yaml`, `yaml fault`, `fault`, `try`. */
  readonly info: string
  readonly text: string
  readonly place: string
}

const pages = [
  'README.md',
  ...readdirSync(`${root}docs`)
    .filter((name) => name.endsWith('.md'))
    .map((name) => `docs/${name}`),
]

function blocksOf(page: string): readonly Block[] {
  const text = readFileSync(root + page, 'utf8')
  return [...text.matchAll(/^```(\w[^\n]*)\n([\s\S]*?)^```$/gm)].map((found) => ({
    info: found[1] ?? '',
    text: found[2] ?? '',
    place: `${page}:${text.slice(0, found.index).split('\n').length}`,
  }))
}

const fileKeys = [...Object.keys(topKeys), ...Object.keys(groupKeys)]
const ofApps = [...Object.keys(appKeys), 'locations']

/** Whether a block is a configuration or a piece of one; other programs' YAML is theirs. */
function isOurs({ text }: Block): boolean {
  return [...text.matchAll(/^(\w+):/gm)].some(
    ([, key = '']) => fileKeys.includes(key) || ofApps.includes(key),
  )
}

/** An example as a whole file: what it leaves out is added. */
function whole(example: string): string {
  const provider =
    'providers:\n  acme: { issuer: "https://login.example.com", client_id: x, client_secret: a-client-secret }\n'
  const where = 'url: https://wiki.example.com\n    upstream: http://10.0.0.5:5000\n'
  // An API that keys alone open needs no provider.
  if (/^providers:/m.test(example) || /^api_keys:[\s\S]*^apps:/m.test(example)) return example
  if (/^apps:/m.test(example)) return provider + example.replace('# …\n', where)
  const ofTop = [...example.matchAll(/^(\w+):/gm)].every(([, key = '']) => fileKeys.includes(key))
  if (ofTop) return `${provider}apps:\n  wiki:\n    ${where}    require: signed_in\n${example}`
  return `${provider}apps:\n  wiki:\n    ${where}${example.replace(/^/gm, '    ')}`
}

function load({ text, place }: Block): LoadedGateway {
  const file = whole(text)
  return loadGatewayFromText(file, {
    file: place,
    folder: root,
    env: variablesOf(file),
    // Keys and certificates are files of the reader's.
    madeUp: 'secrets',
    readFile: (path) => {
      if (!path.endsWith('/people.txt')) return { ok: false, reason: 'no file is needed' }
      const bytes = Buffer.from('# people.txt\nada@example.com\nKim@example.com\n')
      return { ok: true, bytes, worldReadable: false }
    },
  })
}

const messagesOf = (loaded: LoadedGateway): readonly string[] =>
  loaded.ok ? [] : loaded.issues.map(({ message }) => message)

/** The last loaded configuration of a page, as its `try` blocks mean it. */
function walk(page: string, visit: (block: Block, above: LoadedGateway | null) => void): void {
  let above: LoadedGateway | null = null
  for (const block of blocksOf(page)) {
    if (/^yaml\b/.test(block.info) && isOurs(block)) above = load(block)
    visit(block, above)
  }
}

t.test('every configuration in the documentation loads', async (t) => {
  let loaded = 0
  for (const page of pages) {
    walk(page, (block, above) => {
      if (block.info !== 'yaml' || !isOurs(block) || above === null) return
      t.same(messagesOf(above), [], block.place)
      loaded += 1
    })
  }
  t.ok(loaded > 25, `${loaded} were found`)
})

t.test('what is shown as a fault is one, with these words', async (t) => {
  let faults = 0
  for (const page of pages) {
    walk(page, (block, above) => {
      if (block.info === 'yaml fault') t.equal(above?.ok, false, block.place)
      if (block.info !== 'fault' || above === null) return
      const messages = messagesOf(above)
      t.same(block.text.trimEnd().split('\n'), messages, block.place)
      faults += messages.length
    })
  }
  t.ok(faults > 2, `${faults} were found`)
})

t.test('who gets in, as the documentation says it, is what the gate says', async (t) => {
  let tried = 0
  for (const page of pages) {
    walk(page, (block, above) => {
      if (block.info !== 'try') return
      if (above?.ok !== true) {
        t.fail(`${block.place}: nothing above it loads`)
        return
      }
      for (const line of block.text.trimEnd().split('\n')) {
        const [told, wanted] = tryLine(above.gateway, line)
        t.equal(outcomeOf(told, above.gateway.providers.size > 1), wanted, `${block.place} ${line}`)
        tried += 1
      }
    })
  }
  t.ok(tried > 80, `${tried} lines were tried`)
})

t.test('the outputs that are shown are those of the commands', async (t) => {
  let shown = 0
  for (const page of pages) {
    walk(page, ({ info, text, place }, above) => {
      const [, command, asked = ''] = /^text (who|explain) (.+)$/.exec(info) ?? []
      if (command === undefined || above?.ok !== true) return
      const { gateway } = above
      const printed =
        command === 'who' ? whoText(gateway, asked) : explanationText(tryLine(gateway, `${asked}   → ?`)[0])
      t.equal(text, printed, place)
      shown += 1
    })
  }
  t.ok(shown > 1, `${shown} were found`)
})

function whoText(gateway: Gateway, asked: string): string {
  const [, method = '', path = ''] = /^(\S+) (\S+)$/.exec(asked) ?? []
  const [app] = gateway.apps
  if (app === undefined) throw new Error('no app')
  const { admission } = probe(gateway, { method, url: app.origin + path, person: null, clientAddress: null })
  return `${app.name} ${admission.location?.label}\n${accessText(gateway, app, accessAt(gateway, app, judgingLocations(admission)))}`
}

/** `GET /admin   staff {groups: [ops]} from 192.0.2.7   → allowed`, put to the gate. */
function tryLine(gateway: Gateway, line: string): readonly [Explanation, string] {
  const [, method = '', path = '', who = '', wanted = ''] =
    /^(\S+) +(\S+) {2,}(.*?) +→ (.+)$/.exec(line) ?? []
  const [, name = '', claims = '', address = null] = /^(\w*) ?(\{.*\})?(?: from (\S+))?$/.exec(who) ?? []
  const [app] = gateway.apps
  if (app === undefined || wanted === '') throw new Error(`not understood: ${line}`)
  const provider = name === '' ? (app.providers[0] ?? '') : name
  const person = name === 'nobody' ? null : { provider, claims: { sub: 'someone', ...readClaims(claims) } }
  const url = app.origin + path
  return [explain(gateway, { method, url, person, clientAddress: address ?? null }), wanted]
}

function readClaims(text: string): Claims {
  const value: Json = parse(text)
  if (!isObject(value)) throw new Error(`no claims: ${text}`)
  return value
}

function outcomeOf({ outcome, status, answer }: Explanation, several: boolean): string {
  if (outcome === 'rejected' || status === 401) return String(status)
  if (outcome !== 'sign_in') return outcome
  const [, where = ''] = /^the (?:sign-in at|choice between) (.*?),/.exec(answer) ?? []
  return several ? `signs in with ${where.replace(' and ', ' or ')}` : 'signs in'
}
