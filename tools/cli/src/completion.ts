/** Completion scripts for the shells; what they offer is the list of commands itself. */
import type { Command } from './command';
import { exitCodes, Failure } from './failure';

const shells = ['bash', 'zsh'] as const;

export function completionFor(shell: string, commands: readonly Command[]): string {
  const nouns = [...new Set(commands.map(({ noun, verb }) => noun ?? verb))].sort();
  const verbs = nouns.map((noun) => [noun, commands.filter((each) => each.noun === noun).map(({ verb }) => verb)] as const).filter(([, each]) => each.length > 0);
  if (shell === 'bash') return bash(nouns, verbs);
  if (shell === 'zsh') return `autoload -U +X bashcompinit && bashcompinit\n${bash(nouns, verbs)}`;
  throw new Failure(exitCodes.usage, `no completion for ${shell}; accepted: ${shells.join(', ')}`);
}

const bash = (nouns: readonly string[], verbs: readonly (readonly [string, readonly string[]])[]): string => `_steward() {
  local current="\${COMP_WORDS[COMP_CWORD]}"
  if [ "$COMP_CWORD" -eq 1 ]; then COMPREPLY=($(compgen -W "${nouns.join(' ')}" -- "$current")); return; fi
  case "\${COMP_WORDS[1]}" in
${verbs.map(([noun, each]) => `    ${noun}) [ "$COMP_CWORD" -eq 2 ] && COMPREPLY=($(compgen -W "${each.join(' ')}" -- "$current"));;`).join('\n')}
  esac
}
complete -F _steward steward
`;
