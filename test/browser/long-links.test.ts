// A link that no cookie can hold survives a sign-in, as Kibana and Grafana write them.
import t from 'tap'
import { openAs, openStage } from './stage.ts'

const stage = await openStage({
  apps: ({ url, upstream }) =>
    `  wiki: { url: "${url}", upstream: "${upstream}", provider: op, require: signed_in }`,
})
t.teardown(() => stage.close())
const { url } = stage
const long = `/deep?state=${'(a:b,c:!t)~'.repeat(640)}`

t.test('a link of 7 KB survives the sign-in, and nothing of it stays behind', async (t) => {
  t.ok(long.length > 7000, `${long.length} bytes`)
  const page = await stage.newPage()
  await openAs(page, 'alice', url + long)
  await page.waitForURL(`${url}/deep?*`)
  t.equal(page.url(), url + long)
  t.equal(await page.evaluate('sessionStorage.length'), 0)
  await page.context().close()
})

t.test(
  'what a script of the app put in its place is taken for a page of this origin, or for none',
  async (t) => {
    const page = await stage.newPage()
    for (const planted of ['javascript:alert(1)', '//evil.example/', 'https://evil.example/']) {
      await page.context().clearCookies()
      await page.addInitScript(
        `if (sessionStorage.length) for (const key of Object.keys(sessionStorage)) sessionStorage.setItem(key, ${JSON.stringify(planted)})`,
      )
      await openAs(page, 'alice', url + long)
      await page.waitForURL(`${url}/`)
      t.equal(page.url(), `${url}/`, planted)
    }
    await page.context().close()
  },
)

t.test('without scripts one lands where the app begins', async (t) => {
  const page = await stage.newPage({ javaScriptEnabled: false })
  await openAs(page, 'alice', url + long)
  await page.waitForURL(`${url}/`)
  t.equal(page.url(), `${url}/`)
  await page.context().close()
})
