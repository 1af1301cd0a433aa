/**
 * What typedoc does beside its own for the site: documents have their first heading as title, and the parts of a docstring
 * that Shapes, Errors, Law and Source begin stand apart, as they do in the source.
 */
import { ReflectionKind } from 'typedoc'

const parts = /\s+(?=(?:Shapes|Errors|Law|Source) {2,})/g
const labels = /^(Shapes|Errors|Law|Source) {2,}/gm

const apart = text => text.replace(parts, '\n\n').replace(labels, '**$1** ')

const separateParts = ({ project }) => {
  for (const { comment } of Object.values(project.reflections))
    for (const part of comment?.summary ?? []) if (part.kind === 'text') part.text = apart(part.text)
}

const titleIn = content => {
  const text = content.find(part => part.kind === 'text')?.text ?? ''
  return text.match(/^# (.+)$/m)?.[1] ?? null
}

const nameDocuments = ({ project }) => {
  for (const document of project.getReflectionsByKind(ReflectionKind.Document))
    document.name = titleIn(document.content) ?? document.name
}

/** Called by typedoc when it begins. */
export const load = ({ converter }) => {
  converter.on('resolveBegin', context => {
    separateParts(context)
    nameDocuments(context)
  })
}
