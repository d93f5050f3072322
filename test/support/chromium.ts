import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Browser, type BrowserContext, chromium, type Page } from 'playwright-core'
import { patienceMs } from './waiting.ts'

/**
 * Debian's packages; playwright-core brings no browser of its own. The first is Chromium's engine with its network,
 * without the windows, profiles and settings around it: the same pages for a fifth of the work.
 */
const engine = '/usr/bin/chromium-headless-shell'
const wholeBrowser = '/usr/bin/chromium'

const args = [
  '--host-resolver-rules=MAP *.example.test 127.0.0.1, MAP *.example.com 127.0.0.1',
  ...['--no-sandbox', '--disable-background-networking', '--disable-component-update', '--disable-sync'],
  '--no-first-run',
]

export interface ChromiumOptions {
  /** SHA-256 of public keys (SPKI, base64) whose certificates are taken for good ones. */
  readonly trustedKeys?: readonly string[]
  /** Keep whole pages for the back button, as browsers do and playwright does not. */
  readonly keepsPages?: boolean
  /** Sites get no cookies of theirs in pages of other sites, whatever `SameSite` says. */
  readonly blocksForeignCookies?: boolean
}

/**
 * A real browser, without a window. Names like `wiki.example.test` are found on loopback; such an http origin is no
 * secure context, `localhost` is. Close it in a teardown: it keeps the process alive.
 */
export async function openChromium(options: ChromiumOptions = {}): Promise<Browser> {
  const { trustedKeys = [], keepsPages = false, blocksForeignCookies = false } = options
  const trusted =
    trustedKeys.length === 0 ? [] : [`--ignore-certificate-errors-spki-list=${trustedKeys.join(',')}`]
  return chromium.launch({
    executablePath: engine,
    args: [...args, ...trusted, ...(blocksForeignCookies ? ['--test-third-party-cookie-phaseout'] : [])],
    ...(keepsPages ? { ignoreDefaultArgs: ['--disable-back-forward-cache'] } : {}),
  })
}

/** A browser whose owner allows no cookies to this origin. */
export async function openWithoutCookiesOf(origin: string): Promise<BrowserContext> {
  const home = mkdtempSync(join(tmpdir(), 'claimgate-home-'))
  // Chromium writes there until it has ended, which is later than its `close`.
  process.once('exit', () => rmSync(home, { recursive: true, force: true }))
  const blocked = { [`${origin},*`]: { setting: 2, last_modified: '13300000000000000' } }
  return openProfile({ cookies: blocked }, home, [])
}

/**
 * A browser with a client certificate in its own store (NSS), which it shows to this https origin without asking the
 * person: headless, nobody could choose. The handshake is Chromium's; playwright's `clientCertificates` would make it in a
 * proxy of its own.
 */
export async function openWithCertificate(
  { certFile, keyFile }: { readonly certFile: string; readonly keyFile: string },
  origin: string,
  trustedKeys: readonly string[],
): Promise<BrowserContext> {
  const home = mkdtempSync(join(tmpdir(), 'claimgate-home-'))
  process.once('exit', () => rmSync(home, { recursive: true, force: true }))
  const [store, bundle] = [join(home, '.pki', 'nssdb'), join(home, 'own.p12')]
  mkdirSync(store, { recursive: true })
  const run = (command: string, ...words: string[]) => execFileSync(command, words, { stdio: 'pipe' })
  const pair = ['-in', certFile, '-inkey', keyFile, '-name', 'own']
  run('openssl', 'pkcs12', '-export', ...pair, '-passout', 'pass:p12', '-out', bundle)
  run('certutil', '-d', `sql:${store}`, '-N', '--empty-password')
  run('pk12util', '-d', `sql:${store}`, '-i', bundle, '-W', 'p12')
  // What the policy AutoSelectCertificateForUrls writes, for this profile alone.
  const shown = { [`${origin},*`]: { setting: { filters: [{}] }, last_modified: '13300000000000000' } }
  return openProfile({ auto_select_certificate: shown }, home, [
    `--ignore-certificate-errors-spki-list=${trustedKeys.join(',')}`,
  ])
}

/** The whole browser, with exceptions for sites that its owner made. */
async function openProfile(
  exceptions: object,
  home: string,
  more: readonly string[],
): Promise<BrowserContext> {
  const folder = join(home, 'profile')
  mkdirSync(join(folder, 'Default'), { recursive: true })
  const preferences = { profile: { content_settings: { exceptions } } }
  writeFileSync(join(folder, 'Default', 'Preferences'), JSON.stringify(preferences))
  const context = await chromium.launchPersistentContext(folder, {
    executablePath: wholeBrowser,
    args: [...args, ...more],
    env: { ...process.env, HOME: home },
  })
  context.setDefaultTimeout(patienceMs)
  return context
}

/**
 * What the browser complains about from now on: scripts that fail; styles, pictures and forms that a policy refuses.
 * That something did not load is none: a policy that forbids it says so in other words. Nor is what it merely
 * notes, such as that it cleared its cache when it was told to.
 */
export function complaintsOf(page: Page): readonly string[] {
  const complaints: string[] = []
  page.on('console', (message) => {
    if (message.type() !== 'error' && message.type() !== 'warning') return
    if (!message.text().startsWith('Failed to load resource:')) complaints.push(message.text())
  })
  page.on('pageerror', (error) => complaints.push(error.message))
  return complaints
}
