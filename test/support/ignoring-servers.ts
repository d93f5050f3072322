// Apps that ignore case, each in its own way: what they serve is what their way of comparing takes a path for.
import { createServer, type RequestListener } from 'node:http'
import fastify from 'fastify'
import { portOf } from './ports.ts'

/** The pages that there are, each below `/NAME`; of everything else the app says that it is another page. */
export const pages = ['admin', 'class', 'file', 'kiss', 'staff', 'straße', 'ähm', 'big'] as const

export interface IgnoringServer {
  readonly name: string
  readonly origin: string
  close(): Promise<void>
}

type Same = (page: string, segment: string) => boolean

const mapped =
  (map: (text: string) => string): Same =>
  (page, segment) =>
    map(page) === map(segment)

const escapedUnits = (text: string): string =>
  [...text].map((one) => `\\u{${one.codePointAt(0)?.toString(16)}}`).join('')

/** What `ignore_case` promises of a server: those that fold less have other pages where it has one. */
export function isPromised(path: string): boolean {
  const [, segment = ''] = decodeURIComponent(path.replace(/\?.*/, '')).split('/')
  return pages.some((page) => new RegExp(`^${escapedUnits(page)}$`, 'iu').test(segment))
}

/** How servers compare what was asked for with the name of a page. */
const comparisons: Readonly<Record<string, Same>> = {
  'lower case': mapped((text) => text.toLowerCase()),
  capitals: mapped((text) => text.toUpperCase()),
  'lower case in Turkish': mapped((text) => text.toLocaleLowerCase('tr')),
  'capitals in Turkish': mapped((text) => text.toLocaleUpperCase('tr')),
  // Express: a regular expression.
  'an expression': (page, segment) => new RegExp(`^${page}$`, 'i').test(segment),
  'simple folding': (page, segment) => new RegExp(`^${escapedUnits(page)}$`, 'iu').test(segment),
  'full folding': mapped((text) => text.toLowerCase().toUpperCase().toLowerCase()),
  // Python’s frameworks, macOS.
  'compatible characters': mapped((text) => text.normalize('NFKC').toUpperCase().toLowerCase()),
}

/** By comparison; and Fastify itself, which has a router that ignores case. */
export async function startIgnoringServers(): Promise<readonly IgnoringServer[]> {
  const own = Object.entries(comparisons).map(([name, same]) =>
    started(name, (request, response) => {
      const [, segment = ''] = decodeURIComponent((request.url ?? '').replace(/\?.*/, '')).split('/')
      response.end(pages.find((page) => same(page, segment)) ?? 'another page')
    }),
  )
  return Promise.all([...own, startFastify()])
}

function started(name: string, listener: RequestListener): Promise<IgnoringServer> {
  const server = createServer(listener)
  return new Promise((resolve) => {
    server.listen(0, '127.0.0.1', () => {
      const close = () =>
        new Promise<void>((done) => {
          server.close(() => done())
          server.closeAllConnections()
        })
      resolve({ name, origin: `http://127.0.0.1:${portOf(server)}`, close })
    })
  })
}

async function startFastify(): Promise<IgnoringServer> {
  const server = fastify({ routerOptions: { caseSensitive: false }, forceCloseConnections: true })
  for (const page of pages) {
    server.get(`/${page}`, async () => page)
    server.get(`/${page}/*`, async () => page)
  }
  server.get('/*', async () => 'another page')
  server.get('/', async () => 'another page')
  const origin = await server.listen({ port: 0, host: '127.0.0.1' })
  return { name: 'Fastify', origin, close: () => server.close() }
}
