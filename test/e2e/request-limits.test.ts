// Limits of a gateway that is reloaded and started again.
import t, { type Test } from 'tap'
import { Browser } from '../support/browser.ts'
import { startEcho } from '../support/echo.ts'
import { startLiveGateway } from '../support/live-gateway.ts'

async function open(t: Test) {
  const echo = await startEcho()
  t.teardown(() => echo.close())
  const yaml = (limits: string) => (url: string) =>
    `
providers: { acme: { issuer: "http://localhost:9", client_id: gate, client_secret: s } }
apps:
  api:
    url: ${url}
    upstream: "${echo.url}"
    require: anyone
    ${limits}
`
  const gateway = await startLiveGateway(yaml('title: API'))
  t.teardown(() => gateway.close())
  const statuses = async (count: number): Promise<readonly number[]> => {
    const found: number[] = []
    for (let at = 0; at < count; at++) found.push((await new Browser().visit(`${gateway.url}/x`)).status)
    return found
  }
  return { gateway, statuses, yaml: (limits: string) => yaml(limits)(gateway.url) }
}

t.test('a reload brings limits, changes them and takes them away; a quota outlives a restart', async (t) => {
  const { gateway, statuses, yaml } = await open(t)
  t.same(await statuses(3), [200, 200, 200])
  const sold = (count: number) => yaml(`limits: [{ name: sold, per: app, quota: ${count}/31d }]`)
  await gateway.reload(sold(2))
  t.same(await statuses(3), [200, 200, 429])
  await gateway.reload(sold(3))
  t.same(await statuses(2), [200, 429], 'what was used is used')
  await gateway.restart(sold(4))
  t.same(await statuses(2), [200, 429])
  await gateway.reload(yaml('limits: []'))
  t.same(await statuses(2), [200, 200])
})

t.test('a rate goes on over a reload, and begins anew with a restart', async (t) => {
  const { gateway, statuses, yaml } = await open(t)
  const burst = yaml('limits: [{ name: burst, per: app, rate: 2/1d }]')
  await gateway.reload(burst)
  t.same(await statuses(3), [200, 200, 429])
  await gateway.reload(burst.replace('2/1d', '3/1d'))
  // What it refused is not counted: one more has room.
  t.same(await statuses(2), [200, 429])
  await gateway.restart(burst)
  t.same(await statuses(3), [200, 200, 429])
})
