/** Names of layers as names of PyTorch's submodules, which are Python identifiers and no attributes of a module. */
import { elementAt } from '../../io/element.js'

/** Source  docs.python.org/3/reference/lexical_analysis.html#keywords */
const keywords =
  'False None True and as assert async await break class continue def del elif else except finally for from ' +
  'global if import in is lambda nonlocal not or pass raise return try while with yield'

/**
 * Source  `dir(torch.nn.Sequential())` and `dir(torch.nn.ModuleDict())` of PyTorch 2, but for names with underscores
 *         first
 */
const attributes =
  'T_destination add_module append apply bfloat16 buffers call_super_init children clear compile cpu cuda ' +
  'double dump_patches eval extend extra_repr float forward get_buffer get_extra_state get_parameter ' +
  'get_submodule half insert ipu items keys load_state_dict modules mtia named_buffers named_children ' +
  'named_modules named_parameters parameters pop register_backward_hook register_buffer ' +
  'register_forward_hook register_forward_pre_hook register_full_backward_hook ' +
  'register_full_backward_pre_hook register_load_state_dict_post_hook ' +
  'register_load_state_dict_pre_hook register_module register_parameter register_state_dict_post_hook ' +
  'register_state_dict_pre_hook requires_grad_ set_extra_state set_submodule share_memory state_dict to ' +
  'to_empty train training type update values xpu zero_grad'

const reserved = new Set(`${keywords} ${attributes} self`.split(' '))

/** A name that begins with an underscore might be one of a module's private attributes. */
const identifierOf = (name: string): string => {
  const plain = name.replace(/[^A-Za-z0-9_]/g, '_')
  const begun = /^[A-Za-z]/.test(plain) ? plain : `layer${plain.startsWith('_') ? '' : '_'}${plain}`
  return reserved.has(begun) ? `${begun}_` : begun
}

const unusedName = (name: string, used: ReadonlySet<string>): string =>
  used.has(name) ? unusedName(`${name}_`, used) : name

/** The submodule's name for each of some siblings: no two alike. */
export const submoduleNames = (names: readonly string[]): readonly string[] => {
  const used = new Set<string>()
  for (const name of names) used.add(unusedName(identifierOf(name), used))
  return names.map((_, nth) => elementAt([...used], nth))
}
