/** The pages of a run, of several and of a study in headless Chromium: light, dark, and on a narrow screen. */
import { join } from 'node:path'
import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { loadWasm } from '../../src/engine/wasm/index.js'
import { runPage } from '../../src/report/pages/run-page.js'
import { runsPage } from '../../src/report/pages/runs-page.js'
import type { StudyGroup } from '../../src/report/pages/study/groups.js'
import { studyPage } from '../../src/report/pages/study/page.js'
import type { Resources } from '../../src/run/context.js'
import { finishedRun } from '../support/finished-run.js'
import { tinyData } from '../support/nets/tiny.js'
import { chromiumPath, launch, look, type Shown, type View, withPage } from '../support/programs/browser.js'
import { succeed } from '../support/scratch.js'

/** A folder for pictures of the pages, for people to look at. */
const shots = process.env.ESPALIER_SHOTS

const variant = (number: number, facts: StudyGroup['facts']): StudyGroup => ({
  number,
  name: Object.values(facts).join(' ') || `variant ${number}`,
  facts,
  params: 1000 * number,
  macs: 10_000 * number,
  bytes: 4000 * number,
  raw: [],
  repaired: [],
  validation: [0.9 + 0.01 * number],
  test: [0.9 + 0.01 * number, 0.91 + 0.01 * number],
  scratch: [],
  latency: null,
  features: [],
})

const crossed = ['none', 'fade'].flatMap((training, row) =>
  ['l1', 'taylor', 'lda'].flatMap((criterion, column) =>
    [0.5, 0.9].map((removed, panel) => variant(1 + row + column + panel, { training, criterion, removed })),
  ),
)

const pagesOf = async (): Promise<Readonly<Record<string, string>>> => {
  const resources: Resources = { engine: await succeed(loadWasm(1)), dataset: tinyData() }
  const [first, second] = [await finishedRun(resources, 0), await finishedRun(resources, 1)]
  const compared = [1, 2, 3].map(number => variant(number, {}))
  return {
    run: await runPage(first)(),
    comparison: await runsPage([first, second])(),
    study: await studyPage({ name: 'study', groups: compared, note: '2 seeds' })(),
    ablation: await studyPage({ name: 'ablation', groups: crossed, note: '2 seeds' })(),
  }
}

const views: readonly View[] = [
  { scheme: 'light', width: 1280 },
  { scheme: 'dark', width: 1280 },
  { scheme: 'light', width: 390 },
  { scheme: 'dark', width: 390 },
]

/** The least pictures of a page; the heat maps of an ablation are tables. */
const least: Readonly<Record<string, number>> = { run: 7, comparison: 3, study: 1, ablation: 0 }

describe.skipIf(chromiumPath === null)('in Chromium (apt-get install chromium)', () => {
  let browser: Browser
  let pages: Readonly<Record<string, string>> = {}

  beforeAll(async () => {
    browser = await launch()
    pages = await pagesOf()
  })

  afterAll(() => browser.close())

  const seen = new Map<string, Promise<Shown>>()

  /** Each page is opened once a view. */
  const shown = (name: string, view: View): Promise<Shown> => {
    const key = `${name}-${view.scheme}-${view.width}`
    const shot = shots === undefined ? undefined : join(shots, `${key}.png`)
    const found = seen.get(key) ?? look(browser, pages[name] ?? '', view, shot)
    seen.set(key, found)
    return found
  }

  describe.each(Object.keys(least))('the page of a %s', name => {
    test.each(views)('is whole, $scheme, $width pixels wide', async view => {
      const { errors, pictures, broken, overflow } = await shown(name, view)
      expect(errors).toEqual([])
      expect(broken).toBe(0)
      expect(overflow).toBeLessThanOrEqual(0)
      expect(pictures.length).toBeGreaterThanOrEqual(least[name] ?? 0)
      for (const { label, width, height, shapes } of pictures) {
        expect(Math.min(width, height), label).toBeGreaterThan(40)
        expect(width, label).toBeLessThanOrEqual(view.width)
        expect(shapes, label).toBeGreaterThan(5)
      }
    })

    test('is dark where the reader asks for that', async () => {
      const light = await shown(name, { scheme: 'light', width: 1280 })
      const dark = await shown(name, { scheme: 'dark', width: 1280 })
      const brightness = (colour: string): number =>
        (colour.match(/\d+/g) ?? []).slice(0, 3).reduce((sum, value) => sum + Number(value), 0)
      expect(brightness(light.background) - brightness(light.ink)).toBeGreaterThan(400)
      expect(brightness(dark.ink) - brightness(dark.background)).toBeGreaterThan(400)
    })
  })

  test('a click on the head of a column sorts by it, both ways', async () => {
    const { errors, value } = await withPage(
      browser,
      pages.study ?? '',
      { scheme: 'light', width: 1280 },
      async page => {
        const column = () => page.locator('table.sortable tbody tr th').allInnerTexts()
        await page.locator('table.sortable thead button').first().click()
        const up = await column()
        await page.locator('table.sortable thead button').first().click()
        return [up, await column()] as const
      },
    )
    expect(errors).toEqual([])
    const [up, down] = value
    expect(up.length).toBe(3)
    expect(down).toEqual(up.toReversed())
  })

  test('an error of a script, a picture that does not load and an empty chart are found', async () => {
    const broken = `<!DOCTYPE html><title>.</title><body><svg role="img" aria-label="empty" width="200" height="90"></svg>
      <img alt="" src="data:image/png;base64,AAAA"><div style="width:9000px">wide</div><script>nowhere()</script>`
    const {
      errors,
      pictures,
      broken: images,
      overflow,
    } = await look(browser, broken, { scheme: 'light', width: 390 })
    expect(errors.join()).toContain('nowhere is not defined')
    expect([images, pictures[0]?.shapes]).toEqual([1, 0])
    expect(overflow).toBeGreaterThan(8000)
  })
})
