/** Pages as a browser shows them: Debian's chromium, or that of ESPALIER_CHROMIUM; without one, tests say so. */
import { existsSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { type Browser, chromium, type Page } from 'playwright-core'
import { scratch } from '../scratch.js'

const places = [
  process.env.ESPALIER_CHROMIUM ?? '',
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome',
]

/** The program, or `null`. */
export const chromiumPath: string | null = places.find(place => place !== '' && existsSync(place)) ?? null

if (chromiumPath === null) console.warn('skipped: no chromium (apt-get install chromium)')

export const launch = (): Promise<Browser> =>
  chromium.launch({
    executablePath: chromiumPath ?? '',
    args: ['--no-sandbox', '--disable-gpu', '--disable-dev-shm-usage'],
  })

export interface View {
  readonly scheme: 'light' | 'dark'
  readonly width: number
}

/** A picture of a page: what it is said to show, its size on the screen, and what is in it. */
export interface ShownPicture {
  readonly label: string
  readonly width: number
  readonly height: number
  /** Shapes with an extent, of a colour. */
  readonly shapes: number
}

export interface Shown {
  /** Errors of scripts, of loading, and of the page's own policy. */
  readonly errors: readonly string[]
  readonly pictures: readonly ShownPicture[]
  /** Images in it that did not load. */
  readonly broken: number
  /** By how many pixels the page is wider than the window. */
  readonly overflow: number
  readonly background: string
  readonly ink: string
}

/** Waits until every image is loaded. */
const loadImages = (page: Page): Promise<void> =>
  page.locator('img').evaluateAll(async images => {
    for (const image of images) {
      await image.decode().catch(() => undefined) // one that cannot be decoded is counted as broken
    }
  })

/** The pictures that are on the screen; runs in the page, whose types are those of a browser. */
const picturesOf = (page: Page): Promise<readonly ShownPicture[]> =>
  page.locator('svg[role=img]').evaluateAll(pictures =>
    pictures.flatMap(svg => {
      const styleOf = svg.ownerDocument.defaultView.getComputedStyle
      const isClear = (colour: string): boolean => colour === 'none' || /, 0\)$/.test(colour)
      const { width, height } = svg.getBoundingClientRect()
      if (styleOf(svg).display === 'none') return []
      const shapes = [...svg.querySelectorAll('path,rect,circle,line,text')].filter(shape => {
        const box = shape.getBBox()
        const { fill, stroke } = styleOf(shape)
        return (box.width > 0 || box.height > 0) && !(isClear(fill) && isClear(stroke))
      })
      return [{ label: svg.getAttribute('aria-label'), width, height, shapes: shapes.length }]
    }),
  )

const inspect = async (page: Page): Promise<Omit<Shown, 'errors'>> => {
  await loadImages(page)
  const body = await page.locator('body').evaluate(element => {
    const { defaultView, documentElement, images } = element.ownerDocument
    const { backgroundColor, color } = defaultView.getComputedStyle(element)
    return {
      broken: [...images].filter(({ naturalWidth }) => naturalWidth === 0).length,
      overflow: documentElement.scrollWidth - defaultView.innerWidth,
      background: backgroundColor,
      ink: color,
    }
  })
  return { pictures: await picturesOf(page), ...body }
}

/** Opens a page from a file, as a reader does, and calls `use` with it. */
export const withPage = async <A>(
  browser: Browser,
  html: string,
  { scheme, width }: View,
  use: (page: Page) => Promise<A>,
): Promise<{ readonly errors: readonly string[]; readonly value: A }> => {
  const file = join(scratch(), 'page.html')
  writeFileSync(file, html)
  const context = await browser.newContext({ colorScheme: scheme, viewport: { width, height: 900 } })
  const page = await context.newPage()
  const errors: string[] = []
  page.on('console', message => {
    if (message.type() === 'error' || message.type() === 'warning') errors.push(message.text())
  })
  page.on('pageerror', fault => errors.push(fault.message))
  page.on('requestfailed', request => errors.push(`${request.url()} failed`))
  await page.goto(pathToFileURL(file).href)
  const value = await use(page)
  await context.close()
  return { errors, value }
}

/** What a reader sees of a page; `shot`: a file for its picture. */
export const look = async (browser: Browser, html: string, view: View, shot?: string): Promise<Shown> => {
  const { errors, value } = await withPage(browser, html, view, async page => {
    const seen = await inspect(page)
    if (shot !== undefined) await page.screenshot({ path: shot, fullPage: true })
    return seen
  })
  return { errors, ...value }
}
