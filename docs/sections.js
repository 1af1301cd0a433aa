/** Sets the parts of a docstring that Shapes, Errors, Law and Source begin apart, as they stand in the source. */

const parts = /\s+(?=(?:Shapes|Errors|Law|Source) {2,})/g
const labels = /^(Shapes|Errors|Law|Source) {2,}/gm

const apart = text => text.replace(parts, '\n\n').replace(labels, '**$1** ')

/** Told by typedoc when it begins. */
export const load = ({ converter }) => {
  converter.on('resolveBegin', ({ project }) => {
    for (const { comment } of Object.values(project.reflections))
      for (const part of comment?.summary ?? []) if (part.kind === 'text') part.text = apart(part.text)
  })
}
