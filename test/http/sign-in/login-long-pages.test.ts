import t from 'tap'
import { readReturnTo } from '../../../src/core/session/return-to.ts'
import { keyOfPage } from '../../../src/core/session/storage-key.ts'
import { decoded, open } from './login-rig.ts'

const longPage = `/deep?q=${'(a:b)'.repeat(1500)}`

const keyOfLongPage = keyOfPage(readReturnTo(longPage, '/.auth'))

t.test('S-116: an address that no redirect could carry is kept on the way to the chooser', async (t) => {
  const { challenge, begin, begun } = open(t)
  for (const page of [longPage, `/deep?q=${'x'.repeat(1600)}`]) {
    const kept = await challenge(page, {}, ['op', 'other'])
    const key = keyOfPage(readReturnTo(page, '/.auth'))
    t.match(kept, { status: 200, cookies: undefined })
    t.match(
      decoded(kept),
      `data-key="claimgate:${key}" data-page="${page}" data-fragment data-to="/.auth/login?return_to=%2Fdeep&kept=${key}"`,
    )
  }
  const short = await challenge(`/deep?q=${'x'.repeat(1500)}`, {}, ['op', 'other'])
  t.match(short, { status: 302, headers: { location: /^\/\.auth\/login\?return_to=%2Fdeep%3Fq%3Dx/ } })

  const chooser = decoded(await begin(`?return_to=/deep&kept=${keyOfLongPage}&account=other`))
  for (const name of ['op', 'other'])
    t.match(
      chooser,
      `href="/.auth/login?provider=${name}&return_to=%2Fdeep&kept=${keyOfLongPage}&account=other"`,
    )
  t.notMatch(chooser, '<script')
  const going = await begin(`?provider=op&return_to=/deep&kept=${keyOfLongPage}`)
  t.match(
    decoded(going),
    `data-from="claimgate:${keyOfLongPage}" data-page="/deep" data-fragment data-to="https://op.example/authorize?`,
  )
  const [, to = ''] = /data-to="([^"]*)"/.exec(decoded(going)) ?? []
  const read = begun({ ...going, headers: { location: to } })
  t.match(read, { returnTo: '', state: /\.s$/ }, 'the attempt knows the storage alone')

  const admin = await begin(`?return_to=/admin&kept=${keyOfLongPage}`)
  t.match(decoded(admin), 'data-to="https://other.example/', 'the path says which providers could help')
  const nothing = await begin('?provider=op&return_to=/deep&kept=nothing')
  t.match(nothing, { status: 302 }, 'what is no key is none')
  t.match(begun(nothing), { returnTo: '/deep' })
})

t.test('a chooser that is asked for with a long address keeps it for its links', async (t) => {
  const { begin } = open(t)
  const asked = `/deep?q=${'::'.repeat(1500)}`
  const chooser = await begin(`?return_to=${asked}`)
  const key = keyOfPage(readReturnTo(asked, '/.auth'))
  t.match(decoded(chooser), `<script data-key="claimgate:${key}" data-page="${asked}">`)
  t.match(decoded(chooser), `href="/.auth/login?provider=op&return_to=%2Fdeep&kept=${key}"`)
  t.match(chooser.headers['content-security-policy'], /^script-src 'sha256-[^']{44}'; default-src 'none'/)
})

t.test('the page about a session that does not stay keeps a long address too', async (t) => {
  const { challenge, origin } = open(t)
  const cookie = `${origin.cookies.transactionPrefix}rounds=4`
  const page = await challenge(longPage, { accept: 'text/html', cookie })
  t.match(decoded(page), `href="/.auth/login?return_to=%2Fdeep&kept=${keyOfLongPage}">Start again<`)
  t.match(decoded(page), `<script data-key="claimgate:${keyOfLongPage}" data-page="${longPage}">`)
  t.match(page.headers['content-security-policy'], /^script-src 'sha256-/)
})
