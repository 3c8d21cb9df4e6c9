const HEAD = 'for dkron                                -*- shell-script -*-';

const BASH = `# bash completion V2 ${HEAD}

_dkron() {
  local answer line
  COMPREPLY=()
  answer=$(dkron __complete "\${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null) || return
  while IFS= read -r line; do
    case $line in
      :0) ((\${#COMPREPLY[@]})) || compopt -o default 2>/dev/null ;;
      :*) ;;
      *) COMPREPLY+=("\${line%%$'\\t'*}") ;;
    esac
  done <<<"$answer"
}

complete -F _dkron dkron
`;

const ZSH = `#compdef dkron

_dkron() {
  local -a found
  local line
  for line in \${(f)"$(dkron __complete "\${(@)words[2,CURRENT]}" 2>/dev/null)"}; do
    case $line in
      :0) (( \${#found} )) || _files ;;
      :*) ;;
      *) found+=("\${\${line%%$'\\t'*}//:/\\\\:}:\${line#*$'\\t'}") ;;
    esac
  done
  (( \${#found} )) && _describe dkron found
}

compdef _dkron dkron
[[ $funcstack[1] == _dkron ]] && _dkron
`;

const FISH = `# fish completion ${HEAD}

function __dkron_candidates
  set -l words (commandline -opc) (commandline -ct)
  dkron __complete $words[2..-1] 2>/dev/null | string match -v -r '^:'
end

complete -c dkron -a '(__dkron_candidates)'
`;

const POWERSHELL = `# powershell completion ${HEAD}

Register-ArgumentCompleter -Native -CommandName dkron -ScriptBlock {
  param($wordToComplete, $commandAst, $cursorPosition)
  $words = @($commandAst.CommandElements | Select-Object -Skip 1 | ForEach-Object { $_.ToString() })
  if ($wordToComplete -eq '') { $words += '""' }
  & dkron __complete @words 2>$null | Where-Object { $_ -notmatch '^:' } | ForEach-Object {
    $name, $help = $_ -split "\`t", 2
    if (-not $help) { $help = $name }
    [System.Management.Automation.CompletionResult]::new($name, $name, 'ParameterValue', $help)
  }
}
`;

/** Scripts by shell; each only asks `dkron __complete`, so that they need not change when commands do. */
export const COMPLETION_SCRIPTS: Readonly<Record<string, string>> = {
  bash: BASH,
  fish: FISH,
  powershell: POWERSHELL,
  zsh: ZSH,
};
