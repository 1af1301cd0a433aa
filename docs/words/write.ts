/** `npm run words`: writes docs/language.md with its pictures, docs/commands.md and docs/messages.md. */
import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { missingWords, writtenFiles } from './page.js'

const docs = join(import.meta.dirname, '..')

const missing = missingWords()
if (missing.length > 0) {
  console.error(`docs/words/catalogue.ts shows no ${missing.join(', ')}; add an example of each`)
  process.exit(1)
}

const files = await writtenFiles()
const pictures = join(docs, 'pictures/words')
rmSync(pictures, { recursive: true, force: true })
mkdirSync(pictures, { recursive: true })
for (const [name, content] of Object.entries(files)) writeFileSync(join(docs, name), content)
