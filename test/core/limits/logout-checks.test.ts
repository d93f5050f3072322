import t from 'tap'
import { createLogoutChecks } from '../../../src/core/limits/logout-checks.ts'
import { limits } from '../../../src/core/limits/table.ts'

const network = (key: string) => ({ key, hidden: false })
const attacker = network('192.0.2.66')
const provider = network('192.0.2.1')

t.test('S-182: a network whose tokens are bad is refused for the rest of a minute', async (t) => {
  const checks = createLogoutChecks()
  for (let count = 0; count < limits.failedLogouts; count += 1) {
    t.equal(checks.refusedForMs(attacker, 1000), 0)
    checks.failed(attacker, 1000)
  }
  t.equal(checks.refusedForMs(attacker, 1000), 60_000)
  t.equal(checks.refusedForMs(attacker, 60_999), 1)
  t.equal(checks.refusedForMs(attacker, 61_000), 0)
  t.equal(checks.refusedForMs(provider, 1000), 0, 'another is not')
})

t.test('S-182: good tokens are never counted', async (t) => {
  const checks = createLogoutChecks()
  for (let count = 0; count < 5000; count += 1) checks.proved(provider, count)
  t.equal(checks.refusedForMs(provider, 5000), 0)
})

t.test(
  'S-182: many networks together are refused, but none that sent a good token within a day',
  async (t) => {
    const checks = createLogoutChecks()
    checks.proved(provider, 0)
    for (let count = 0; count < limits.failedLogoutsInAll; count += 1) checks.failed(network(`n-${count}`), 1)
    t.equal(checks.refusedForMs(network('203.0.113.9'), 1), 60_000)
    t.equal(checks.refusedForMs(provider, 1), 0)
    t.equal(checks.refusedForMs(provider, 86_400_000), 0, 'the flood is over')
    for (let count = 0; count < limits.failedLogoutsInAll; count += 1)
      checks.failed(network(`m-${count}`), 86_400_000)
    t.ok(checks.refusedForMs(provider, 86_400_000) > 0, 'a day later it counts as any other')
    for (let count = 0; count < limits.failedLogouts; count += 1) checks.failed(provider, 86_400_000)
    checks.proved(provider, 86_400_000)
    t.ok(checks.refusedForMs(provider, 86_400_000) > 0, 'and its own bad ones count whatever else it sent')
  },
)

t.test('of the networks that sent a good one the oldest are forgotten', async (t) => {
  const checks = createLogoutChecks()
  checks.proved(provider, 0)
  for (let count = 1; count < limits.provenLogoutNetworks; count += 1) checks.proved(network(`p-${count}`), 1)
  for (let count = 0; count < limits.failedLogoutsInAll; count += 1) checks.failed(attacker, 2)
  t.equal(checks.refusedForMs(provider, 2), 0)
  checks.proved(network('p-new'), 2)
  t.ok(checks.refusedForMs(provider, 2) > 0)
  t.equal(checks.refusedForMs(network('p-new'), 2), 0)
})

t.test('S-183: front-channel logouts that find nothing are bounded for all networks together', async (t) => {
  const checks = createLogoutChecks()
  for (let count = 0; count < limits.missedFrontChannelLogouts; count += 1) {
    t.equal(checks.countFrontChannel(network(`n-${count % 1000}`), 1), 0)
    checks.missedFrontChannel(1)
  }
  t.equal(checks.countFrontChannel(network('new'), 1), 60_000)
  t.equal(checks.countFrontChannel(network('new'), 60_001), 0)
})

t.test('S-183: of one network each counts, and a minute later it begins anew', async (t) => {
  const checks = createLogoutChecks()
  for (let count = 0; count < limits.frontChannelLogouts; count += 1)
    t.equal(checks.countFrontChannel(attacker, 1), 0)
  t.equal(checks.countFrontChannel(attacker, 2), 59_999)
  t.equal(checks.countFrontChannel(provider, 2), 0)
  t.equal(checks.countFrontChannel(attacker, 60_001), 0)
})
