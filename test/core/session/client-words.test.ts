import t from 'tap'
import { limits } from '../../../src/core/limits/table.ts'
import { readAddress } from '../../../src/core/request/address.ts'
import { clientWords } from '../../../src/core/session/client-words.ts'

const byAgent: readonly (readonly [agent: string, browser: string | null, system: string | null])[] = [
  ['Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0', 'Firefox', 'Linux'],
  ['Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:128.0) Gecko/20100101 Firefox/128.0', 'Firefox', 'Windows'],
  ['Mozilla/5.0 (Android 14; Mobile; rv:128.0) Gecko/128.0 Firefox/128.0', 'Firefox', 'Android'],
  [
    'Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) FxiOS/128.0 Mobile/15E148 Safari/605.1.15',
    'Firefox',
    'iOS',
  ],
  [
    'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 Safari/537.36',
    'Chrome',
    'Windows',
  ],
  [
    'Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 Mobile Safari/537.36',
    'Chrome',
    'Android',
  ],
  [
    'Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) CriOS/126.0.6478.54 Mobile/15E148 Safari/604.1',
    'Chrome',
    'iOS',
  ],
  [
    'Mozilla/5.0 (X11; CrOS x86_64 14541.0.0) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 Safari/537.36',
    'Chrome',
    'ChromeOS',
  ],
  [
    'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) HeadlessChrome/126.0.0.0 Safari/537.36',
    'Chrome',
    'Linux',
  ],
  [
    'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 Safari/537.36 Edg/126.0.0.0',
    'Edge',
    'Windows',
  ],
  [
    'Mozilla/5.0 (Linux; Android 10; HD1913) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 Mobile Safari/537.36 EdgA/126.0.2592.56',
    'Edge',
    'Android',
  ],
  [
    'Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.0 EdgiOS/126.0.2592.56 Mobile/15E148 Safari/605.1.15',
    'Edge',
    'iOS',
  ],
  [
    'Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 Safari/537.36 OPR/112.0.0.0',
    'Opera',
    'macOS',
  ],
  [
    'Mozilla/5.0 (Linux; Android 14; SAMSUNG SM-S918B) AppleWebKit/537.36 (KHTML, like Gecko) SamsungBrowser/25.0 Chrome/121.0.0.0 Mobile Safari/537.36',
    'Samsung Internet',
    'Android',
  ],
  [
    'Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.5 Safari/605.1.15',
    'Safari',
    'macOS',
  ],
  [
    'Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.5 Mobile/15E148 Safari/604.1',
    'Safari',
    'iOS',
  ],
  [
    'Mozilla/5.0 (iPad; CPU OS 12_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/12.1.2 Mobile/15E148 Safari/604.1',
    'Safari',
    'iPadOS',
  ],
  // A web view of an app is no browser of a name; nor is what says Safari where there is none.
  [
    'Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Mobile/15E148',
    null,
    'iOS',
  ],
  [
    'Mozilla/5.0 (Linux; U; Android 4.0.3) AppleWebKit/534.30 (KHTML, like Gecko) Version/4.0 Mobile Safari/534.30',
    null,
    'Android',
  ],
  [
    'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.0 Safari/605.1.15',
    null,
    'Linux',
  ],
  ['curl/8.5.0', null, null],
  ['Firefox/1', 'Firefox', null],
  ['NotFirefox/1 (no Windows', null, null],
  ['Mozilla/5.0 (Haiku) Windows/11', null, null],
  ['', null, null],
]

t.test('a browser and a system by User-Agent', async (t) => {
  for (const [agent, browser, system] of byAgent)
    t.same(clientWords({ 'user-agent': agent }, null), { browser, system, network: null }, agent)
  t.same(clientWords({}, null), { browser: null, system: null, network: null })
})

const chromeAgent =
  'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 Safari/537.36'

t.test('client hints say more than User-Agent, and where they say nothing, that does', async (t) => {
  const table = [
    ['"Not/A)Brand";v="8", "Chromium";v="126", "Google Chrome";v="126"', '"macOS"', 'Chrome', 'macOS'],
    ['"Not/A)Brand";v="8", "Chromium";v="126", "Microsoft Edge";v="126"', '"Windows"', 'Edge', 'Windows'],
    ['"Not/A)Brand";v="8", "Chromium";v="126", "Brave";v="126"', '"Linux"', 'Brave', 'Linux'],
    ['"Opera";v="112", "Chromium";v="126"', '"Chrome OS"', 'Opera', 'ChromeOS'],
    ['"Samsung Internet";v="25.0", "Chromium";v="121"', '"Android"', 'Samsung Internet', 'Android'],
    ['"Chromium";v="126"', '"Unknown"', 'Chrome', 'Linux'],
    ['', '', 'Chrome', 'Linux'],
    ['Brave', 'Windows', 'Chrome', 'Linux'],
  ] as const
  for (const [brands, platform, browser, system] of table) {
    const headers = { 'user-agent': chromeAgent, 'sec-ch-ua': brands, 'sec-ch-ua-platform': platform }
    t.match(clientWords(headers, null), { browser, system }, `${brands} ${platform}`)
  }
})

t.test(
  'nothing of what a client writes is kept, and what is too long is cut before anything reads it',
  async (t) => {
    const words = new Set(byAgent.flatMap(([, browser, system]) => [browser, system]))
    for (const hostile of [
      '<script>alert(1)</script> Firefox/1 (Windows <b>)',
      `${'('.repeat(50_000)} Firefox/1`,
      `Mozilla/5.0 (\u202e\u001b[2J Linux) Firefox/\u0000`,
      `"Google Chrome";v="${'9'.repeat(100_000)}"`,
    ]) {
      const headers = { 'user-agent': hostile, 'sec-ch-ua': hostile, 'sec-ch-ua-platform': hostile }
      const { browser, system } = clientWords(headers, null)
      t.ok(words.has(browser) && words.has(system), hostile.slice(0, 40))
    }
    const behind = `Mozilla/5.0 (X11; Linux x86_64) ${'x'.repeat(limits.clientHeaderCharacters)} Firefox/1`
    t.match(clientWords({ 'user-agent': behind }, null), { browser: null, system: 'Linux' })
    t.same(
      clientWords({ 'user-agent': ['Firefox/1'] }, null).browser,
      null,
      'a list is no header that browsers send',
    )
  },
)

t.test('a network is a /24 or a /48, never an address', async (t) => {
  const table = [
    ['192.0.2.77', '192.0.2.0/24'],
    ['255.255.255.255', '255.255.255.0/24'],
    ['::ffff:192.0.2.77', '192.0.2.0/24'],
    ['2001:db8:1:2:3:4:5:6', '2001:db8:1::/48'],
    ['2001:db8:ffff:ffff::1', '2001:db8:ffff::/48'],
    ['::1', '::/48'],
  ] as const
  for (const [text, network] of table) {
    const address = readAddress(text)
    t.not(address, null)
    t.equal(clientWords({}, address).network, network, text)
  }
})
