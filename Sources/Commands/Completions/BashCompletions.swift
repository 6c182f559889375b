/// The completions for bash, using only its own `complete -F`.
enum BashCompletions {
    static func script(_ commands: [Command]) -> [String] {
        var lines = ["# Completions of tokenwatchd for bash, \(Shell.origin)."]
        lines += opening
        lines.append("    case $command in")
        for command in commands {
            lines += clause(command)
        }
        lines.append("    esac")
        lines += closing(commands)
        return lines
    }

    /// The function that finds the command and the word: `=` is a word of its own to bash.
    private static let opening = #"""
        _tokenwatchd() {
            local current=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD-1]}
            local command= options= valued= kind= position=0 i word
            local -a operands=()
            COMPREPLY=()
            if [[ $current == = ]]; then
                current=
            elif [[ $before == = ]]; then
                before=${COMP_WORDS[COMP_CWORD-2]}
            fi
            if (( COMP_CWORD > 1 )) && [[ ${COMP_WORDS[1]} != -* ]]; then
                command=${COMP_WORDS[1]}
            fi
        """#.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)

    private static func clause(_ command: Command) -> [String] {
        let isFallback = command.name == Command.fallback.name
        let options = command.options.map { "--\($0.name)" } + ["--help"]
        let valued = command.options.filter { $0.placeholder != nil }
        var kinds = command.operands.map { kind(CompletedWord(placeholder: $0.name)) }
        if command.operands.first?.isRepeated == true { kinds.append("*") }
        var lines = [
            "    \(command.name)\(isFallback ? "|''" : ""))",
            "        options='\(options.joined(separator: " "))'",
        ]
        if !valued.isEmpty {
            let names = valued.map { "--\($0.name)" }.joined(separator: " ")
            lines.append("        valued=' \(names) '")
            lines.append("        case $before in")
            for option in valued {
                lines.append("        --\(option.name)) kind='\(kind(option.completed))' ;;")
            }
            lines.append("        esac")
        }
        if !kinds.isEmpty {
            let list = kinds.map { "'\($0)'" }.joined(separator: " ")
            lines.append("        operands=(\(list))")
        }
        return lines + ["        ;;"]
    }

    private static func closing(_ commands: [Command]) -> [String] {
        let names = commands.map(\.name).joined(separator: " ")
        return #"""
                if [[ -z $kind ]]; then
                    if [[ $current == -* ]]; then
                        [[ $COMP_CWORD == 1 ]] && options+=' --version'
                        kind="words $options"
                    elif (( COMP_CWORD == 1 )); then
                        kind='words COMMANDS'
                    else
                        for (( i = 2; i < COMP_CWORD; i++ )); do
                            word=${COMP_WORDS[i]}
                            if [[ $valued == *" $word "* ]]; then
                                (( i++ ))
                                [[ ${COMP_WORDS[i]} == = ]] && (( i++ ))
                            elif [[ $word != -* ]]; then
                                (( position++ ))
                            fi
                        done
                        [[ ${operands[1]} == '*' ]] && position=0
                        kind=${operands[position]:-nothing}
                    fi
                fi
                case $kind in
                file)
                    compopt -o filenames 2>/dev/null
                    mapfile -t COMPREPLY < <(compgen -f -- "$current") ;;
                list\ *)
                    while IFS= read -r word; do
                        [[ $word == "$current"* ]] && COMPREPLY+=("$(printf %q "$word")")
                    done < <("${COMP_WORDS[0]}" completions "${kind#list }" 2>/dev/null) ;;
                some\ *)
                    compopt -o nospace 2>/dev/null
                    word=${current%"${current##*,}"}
                    mapfile -t COMPREPLY < <(
                        compgen -P "$word" -W "${kind#some }" -- "${current##*,}"
                    ) ;;
                words\ *)
                    mapfile -t COMPREPLY < <(compgen -W "${kind#words }" -- "$current") ;;
                esac
            }
            complete -F _tokenwatchd tokenwatchd
            """#.replacing("COMMANDS", with: names)
                .split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
    }

    private static func kind(_ word: CompletedWord) -> String {
        switch word {
        case .nothing: "nothing"
        case .file: "file"
        case .listed(let what): "list \(what)"
        case .oneOf(let words): "words \(words.joined(separator: " "))"
        case .someOf(let words): "some \(words.joined(separator: " "))"
        }
    }
}
