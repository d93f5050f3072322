import { readFileSync } from 'node:fs'
import { basename } from 'node:path'
import t from 'tap'
import { type Asked, askOurs, asksOf, convertCase, paths, separator } from '../support/apache-cases.ts'
import { type Original, startOriginal, startSurroundings } from '../support/apache-original.ts'

// Debian's httpd with mod_auth_openidc runs each golden file of `convert`, and says what the file says that it says: who got
// in before the conversion, and who did not. What Debian's cannot run is named here, with the reason.

/** What is taken out of a golden file for httpd, and the requests that cannot be asked without it. */
interface Beyond {
  readonly because: string
  readonly lines: readonly string[]
  /** As the file writes them, without what is answered. */
  readonly asks?: readonly string[]
}

const beyond: Readonly<Record<string, Beyond>> = {
  '04-login-endpoint': { because: 'a newer mod_auth_openidc', lines: ['OIDCPassClaimsAs both none'] },
  '11-entra': {
    because: 'a newer mod_auth_openidc',
    lines: [
      'OIDCProviderUserInfoEndpoint ""',
      'OIDCRefreshAccessTokenBeforeExpiry 300 authenticate_on_error',
    ],
  },
  '16-claims-by-type': {
    because: 'Debian builds mod_auth_openidc without jq',
    lines: [`Require claims_expr '.groups|any(.=="admin")'`, "Require claims_expr '.n > 2'"],
  },
  '18-static-endpoints': {
    because: 'a newer mod_auth_openidc, and a line that no release knows',
    lines: ['OIDCCookieSameSite Strict', 'OIDCPKCEMethod none', 'OIDCSomethingNew yes'],
  },
  '22-webdav': { because: 'files by WebDAV need a lock database', lines: ['Dav On'] },
  '23-where-the-metadata-is': {
    because: 'a newer mod_auth_openidc',
    lines: ['OIDCIDTokenAudValues app other'],
  },
  '25-httpd-serves-the-app': {
    because: 'there is no such user here',
    lines: ['WSGIDaemonProcess wiki user=wiki threads=5'],
  },
  '31-what-nobody-knows': { because: 'a line that no release knows', lines: ['OIDCSomethingNew yes'] },
  '32-nots-of-others': {
    because: 'Debian builds mod_auth_openidc without jq, and there is no LDAP server here',
    lines: ["Require not claims_expr '.n > 2'"],
    asks: [
      'GET /ldap as {"sub":"an-intern-of-ldap"}',
      'GET /none as {"sub":"an-intern-of-ldap"}',
      'GET /env as {"sub":"blocked"}',
      'GET /jq as {"n":3}',
    ],
  },
  '36-what-providers-are-told': {
    because: 'there are no such keys here',
    lines: [
      'OIDCClientTokenEndpointCert /etc/pki/client.crt',
      'OIDCClientTokenEndpointKey /etc/pki/client.key',
      'OIDCPrivateKeyFiles /etc/pki/rsa.pem',
    ],
  },
  '40-harmless-by-their-names': {
    because:
      'modules for Perl, Python and FastCGI that Debian’s httpd does not bring along, and a `Require not` that it does not start with',
    lines: [
      'Require not claim groups:interns',
      'PerlModule Wiki',
      'PerlAccessHandler Wiki::Access',
      'PythonAuthzHandler wiki',
      'FcgidAccessChecker /srv/wiki/access',
    ],
    asks: [
      'GET /perl as nobody',
      'GET /python as {"groups":"staff"}',
      'GET /fcgi as nobody',
      'GET /nothing-lets-in as {"groups":"others"}',
    ],
  },
  '50-sessions-in-redis': {
    because: 'where sessions rest decides about nobody, and there is no Redis here',
    lines: [
      'OIDCCacheType redis',
      'OIDCRedisCacheServer redis.example.com:6380',
      'OIDCRedisCacheUsername gate',
      'OIDCRedisCachePassword hunter2',
      'OIDCRedisCacheDatabase 2',
      'OIDCRedisCacheConnectTimeout 5',
      'OIDCRedisCacheTimeout 2',
    ],
  },
  '51-a-redis-on-the-machine': {
    because: 'where sessions rest decides about nobody, and there is no Redis here',
    lines: [
      'OIDCCacheType redis',
      'OIDCRedisCacheServer localhost',
      // biome-ignore lint/suspicious/noTemplateCurlyInString: httpd's own
      'OIDCRedisCachePassword ${REDIS_WORD}',
    ],
  },
  '52-sessions-in-memcached': {
    because: 'where sessions rest decides about nobody, and there is no memcached here',
    lines: [
      'OIDCCacheType memcache',
      'OIDCMemCacheServers "m1:11211"',
      'OIDCRedisCacheServer unused',
      'OIDCRedisCacheTimeout 2',
    ],
  },
  '53-a-redis-from-outside': {
    because: 'where sessions rest decides about nobody, and there is no Redis here',
    lines: [
      'OIDCCacheType redis',
      // biome-ignore lint/suspicious/noTemplateCurlyInString: httpd's own
      'OIDCRedisCacheServer ${REDIS_HOST}',
      'OIDCRedisCachePassword hunter2',
    ],
  },
  '57-tokens-for-apps': {
    because: 'a newer mod_auth_openidc',
    lines: ['OIDCPassAccessToken On'],
  },
}

/** Each line once, without blanks in front. */
function withoutLines(source: string, lines: readonly string[]): string {
  return lines.reduce((text, line) => {
    const parts = text.split('\n')
    const at = parts.findIndex((one) => one.trim() === line)
    if (at === -1) throw new Error(`there is no line ${line}`)
    return parts.toSpliced(at, 1).join('\n')
  }, source)
}

/** Claims that the result takes as their author meant them, where httpd ate the backslashes: announced. */
const meantOtherwise = /\/(?:digits|word|look)$/

/** Of everybody that a file names, at every path that it names: whom the result lets in and httpd keeps out. */
async function openedBeside(
  source: string,
  asks: readonly Asked[],
  original: Original,
): Promise<readonly string[]> {
  const conversion = convertCase(`${source.trimEnd()}\n`)
  const gateway = conversion.ok ? conversion.gateway : null
  if (gateway === null) throw new Error('the result does not load')
  const people = [...new Map(asks.map((one) => [JSON.stringify(one.claims), one.claims])).values()]
  const places = [...new Map(asks.map((one) => [`${one.method} ${one.url}`, one])).values()]
  const found: string[] = []
  for (const place of places.filter(({ url }) => !meantOtherwise.test(url))) {
    for (const claims of people) {
      const one = { ...place, claims }
      if (askOurs(gateway, one) !== 'allow') continue
      const httpd = await original.ask(one)
      if (httpd !== 'allow')
        found.push(`${one.method} ${one.url} as ${JSON.stringify(claims)}: httpd ${httpd}`)
    }
  }
  return found
}

t.test('every golden file is asked in both directions', async (t) => {
  const names = paths.map((path) => basename(path, '.txt'))
  t.same(
    Object.keys(beyond).filter((name) => !names.includes(name)),
    [],
  )
  const silent = paths.filter((path) => asksOf(readFileSync(path, 'utf8')).length === 0)
  t.same(silent, [])
})

t.test('Debian’s httpd lets in and keeps out whom the golden files say', async (t) => {
  const surroundings = await startSurroundings()
  t.teardown(() => surroundings.close())
  let asked = 0
  const judge = async (path: string): Promise<void> => {
    const [source = ''] = readFileSync(path, 'utf8').split(separator)
    const name = basename(path, '.txt')
    const { lines = [], asks: notAsked = [] } = beyond[name] ?? {}
    const asks = asksOf(source)
    const isAsked = (text: string): boolean => !notAsked.some((one) => text.startsWith(`#> ${one}: `))
    const text = withoutLines(`${source.trimEnd()}\n`, lines)
    const expected = asks.filter(({ text }) => isAsked(text)).map(({ text, httpd }) => [text, httpd])
    const answers = new Map<string, string>()
    for (const comeBy of ['sessions', 'tokens'] as const) {
      const own = asks.filter(({ byToken }) => (byToken === true) === (comeBy === 'tokens'))
      if (own.length === 0) continue
      const original = await startOriginal(text, own, surroundings, comeBy)
      try {
        for (const one of own.filter(({ text }) => isAsked(text))) {
          answers.set(one.text, await original.ask(one))
          asked += 1
        }
        t.same(await openedBeside(source, own, original), [], `${name}: nobody else gets in by ${comeBy}`)
      } finally {
        await original.close()
      }
    }
    t.same(
      expected.map(([text = '']) => [text, answers.get(text)]),
      expected,
      name,
    )
    t.equal(asks.length - expected.length, notAsked.length, `${name}: what is not asked is named`)
  }
  // They wait for httpd most of the time: a few at once.
  const waiting = [...paths]
  const work = async (): Promise<void> => {
    for (let path = waiting.shift(); path !== undefined; path = waiting.shift()) await judge(path)
  }
  await Promise.all([work(), work(), work()])
  t.ok(asked > 250, `${asked} requests`)
})
