// The plan of the house, held against the import lines themselves. It prevents what happened to every gateway whose
// rules were once readable: a framework seeping into the part that decides, and rooms that import each other in a
// circle. A check that finds nothing to read must fail, not pass.
import { readdirSync, readFileSync, statSync } from 'node:fs'
import { dirname, join, relative, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import t from 'tap'

const source = fileURLToPath(new URL('../../src', import.meta.url))

const rooms: Readonly<
  Record<string, { readonly rooms: readonly string[]; readonly packages: readonly RegExp[] }>
> = {
  core: { rooms: ['core'], packages: [] },
  config: { rooms: ['config', 'core'], packages: [/^yaml$/, /^zod$/, /^node:(fs|path|crypto|net)$/] },
  oidc: {
    rooms: ['oidc', 'core'],
    packages: [/^openid-client$/, /^jose$/, /^undici$/, /^node:(crypto|tls|net)$/],
  },
  store: { rooms: ['store', 'core'], packages: [/^node:(sqlite|fs|path)$/] },
  upstream: {
    rooms: ['upstream', 'core'],
    packages: [/^undici$/, /^node:(http|https|net|tls|crypto|stream|events)$/],
  },
  runtime: {
    rooms: ['runtime', 'config', 'oidc', 'store', 'upstream', 'core'],
    packages: [/^node:(crypto|fs|path|os)$/],
  },
  http: {
    rooms: ['http', 'runtime', 'core'],
    packages: [
      /^fastify$/,
      /^fastify-plugin$/,
      /^@fastify\/(http-proxy|cookie)$/,
      /^pino$/,
      /^prom-client$/,
      /^ghtml$/,
      /^node:(http|https|net|tls|crypto|stream|events|buffer)$/,
    ],
  },
}

/** What single files may know, and no other of their room. */
const exceptionsOf: Readonly<Record<string, readonly RegExp[]>> = {
  'core/seal.ts': [/^jose$/, /^node:crypto$/],
  'core/session.ts': [/^node:crypto$/],
  'core/transaction.ts': [/^node:crypto$/],
  'core/matcher.ts': [/^re2js$/],
  // Standard output, a file descriptor and no file: pino's own writer cost a tenth of a request.
  'http/log-lines.ts': [/^node:fs$/],
}

interface ImportLine {
  readonly file: string
  readonly from: string
  readonly typeOnly: boolean
}

function files(folder: string): string[] {
  return readdirSync(folder).flatMap((name) => {
    const path = join(folder, name)
    if (statSync(path).isDirectory()) return files(path)
    return path.endsWith('.ts') ? [path] : []
  })
}

function imports(file: string): ImportLine[] {
  const text = readFileSync(file, 'utf8')
  const lines = [
    ...text.matchAll(/^(?:import|export)\s+(type\s+)?[^'"]*?from\s+'([^']+)'/gm),
    ...text.matchAll(/^import\s+()'([^']+)'/gm),
    ...text.matchAll(/\bimport\(()'([^']+)'\)/g),
  ]
  return lines.map((match) => ({
    file: relative(source, file),
    from: match[2] ?? '',
    typeOnly: match[1] !== undefined && match[1] !== '',
  }))
}

const all = files(source).flatMap(imports)

t.test('there is something to hold against the plan', async (t) => {
  t.ok(all.length > 100, `${all.length} import lines were read`)
})

t.test('every import goes down, to a room that the plan allows', async (t) => {
  for (const line of all) {
    const room = line.file.split('/')[0] ?? ''
    const plan = rooms[room]
    if (plan === undefined) continue // main, cli and commands may know everyone
    if (line.from.startsWith('.')) {
      const target = relative(source, resolve(source, dirname(line.file), line.from)).split('/')[0] ?? ''
      t.ok(plan.rooms.includes(target), `${line.file} imports ${line.from}`)
    } else {
      const exceptions = exceptionsOf[line.file] ?? []
      const known = [...plan.packages, ...exceptions].some((pattern) => pattern.test(line.from))
      const typeOfStream = room === 'core' && line.from === 'node:stream'
      t.ok(known || typeOfStream, `${line.file} imports ${line.from}`)
    }
  }
})

t.test('nobody imports main or the command line', async (t) => {
  for (const line of all) {
    if (!line.from.startsWith('.') || line.file === 'main.ts') continue
    const target = relative(source, resolve(source, dirname(line.file), line.from))
    t.not(target, 'main.ts', `${line.file} imports main`)
    t.not(target, 'cli.ts', `${line.file} imports cli`)
  }
})

t.test('no circle of files', async (t) => {
  const edges = new Map<string, string[]>()
  for (const line of all) {
    if (!line.from.startsWith('.') || line.typeOnly) continue
    const target = relative(source, resolve(source, dirname(line.file), line.from))
    edges.set(line.file, [...(edges.get(line.file) ?? []), target])
  }
  const done = new Set<string>()
  const walk = (file: string, road: readonly string[]): void => {
    if (road.includes(file)) {
      t.fail(`a circle: ${[...road.slice(road.indexOf(file)), file].join(' → ')}`)
      return
    }
    if (done.has(file)) return
    for (const next of edges.get(file) ?? []) walk(next, [...road, file])
    done.add(file)
  }
  for (const file of edges.keys()) walk(file, [])
  t.pass('walked')
})

t.test('core reads no clock, draws no randomness, and logs nothing', async (t) => {
  for (const file of files(join(source, 'core'))) {
    const code = readFileSync(file, 'utf8').replaceAll(/\/\*[\s\S]*?\*\/|\/\/.*$/gm, '')
    t.notMatch(
      code,
      /\bDate\.now\(|new Date\(\)|performance\.now|Math\.random|randomBytes\(|console\./,
      relative(source, file),
    )
  }
})
