import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

const run = promisify(execFile)

/** What a browser sends beside the cookie. */
const browserHeaders: Readonly<Record<string, string>> = {
  'User-Agent':
    'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36',
  Accept: 'text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8',
  'Accept-Language': 'en-GB,en;q=0.9',
  'Accept-Encoding': 'gzip, deflate, br',
  'Sec-Fetch-Mode': 'navigate',
  'Sec-Fetch-Dest': 'document',
}

export interface Load {
  readonly url: string
  readonly headers: Readonly<Record<string, string>>
  readonly seconds: number
  readonly connections: number
  /** A file with one Cookie header a line: each request takes the next one. */
  readonly cookieFile?: string
  /** The same with one Authorization header a line. */
  readonly authorizationFile?: string
  /** A form that each request posts. */
  readonly form?: string
  /** Refusals are what is measured; absent: an answer that is not 2xx is an error. */
  readonly refused?: boolean
}

/** Of wrk: the connections of its one thread share it. */
const script = (name: string) => fileURLToPath(new URL(name, import.meta.url))

function inTurn({ cookieFile, authorizationFile, form }: Load): readonly (readonly [string, string])[] {
  if (form !== undefined) return [[script('./form.lua'), form]]
  if (cookieFile !== undefined) return [[script('./cookies.lua'), cookieFile]]
  return authorizationFile === undefined ? [] : [[script('./headers.lua'), authorizationFile]]
}

/** Puts load on a URL by wrk and returns the number of requests. */
export async function putLoad(load: Load): Promise<number> {
  const headers = Object.entries({ ...browserHeaders, ...load.headers })
  const turns = inTurn(load)
  const { stdout } = await run('wrk', [
    '-t1',
    `-c${load.connections}`,
    `-d${load.seconds}s`,
    ...headers.flatMap(([name, value]) => ['-H', `${name}: ${value}`]),
    ...turns.flatMap(([lua]) => ['-s', lua]),
    load.url,
    ...turns.flatMap(([, lines]) => ['--', lines]),
  ])
  const failed = /Non-2xx or 3xx responses: (\d+)/.exec(stdout)?.[1] ?? /Socket errors: .*/.exec(stdout)?.[0]
  if (failed !== undefined && load.refused !== true)
    throw new Error(`${load.url} failed under load: ${failed}`)
  return Number(/(\d+) requests in/.exec(stdout)?.[1] ?? 0)
}
