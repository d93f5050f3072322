import t from 'tap'
import { judgeTrees } from '../../support/judged-trees.ts'

t.test(
  'httpd and what is made of it never differ without a line in the report: trees 751 to 1000',
  async (t) => {
    const { found, requests } = judgeTrees(751, 1000)
    t.same(found, [])
    t.ok(requests > 25_000, `${requests} requests`)
  },
)
