import Foundation
import Testing

/// The completions, in the shells themselves.
@Suite(.timeLimit(.minutes(2)))
struct DaemonCompletionTests {
    private static let folder =
        URL(filePath: #filePath).deletingLastPathComponent()
        .deletingLastPathComponent().deletingLastPathComponent().path() + "completions"

    private static let files = [
        "bash": "tokenwatchd.bash", "zsh": "_tokenwatchd", "fish": "tokenwatchd.fish",
    ]

    @Test(arguments: ["bash", "zsh", "fish"])
    func `the file of a shell is what the commands' tables say`(shell: String) async throws {
        let run = try await Programs.run(
            Programs.built("tokenwatchd"),
            ["completions", shell]
        )
        #expect(run.status == 0)
        let path = "\(Self.folder)/\(try #require(Self.files[shell]))"
        let file = try String(contentsOfFile: path, encoding: .utf8)
        #expect(file == run.output + "\n", "make completions writes it anew")
    }

    @Test func `another shell is refused with those there are`() async throws {
        let run = try await Programs.run(Programs.built("tokenwatchd"), ["completions", "csh"])
        #expect(run.status == 64)
        #expect(run.errors.contains(#"unknown shell "csh"; it must be one of bash, zsh, fish"#))
    }

    /// Lines, and the words that complete them.
    private static let lines: [(line: String, words: Set<String>)] = [
        ("tokenwatchd test-", ["test-notify"]), ("tokenwatchd check", ["check", "check-config"]),
        ("tokenwatchd status --wi", ["--within"]), ("tokenwatchd --ver", ["--version"]),
        ("tokenwatchd status al", ["alpha", "alps"]),
        ("tokenwatchd status alpha be", ["beta"]), ("tokenwatchd explain be", ["beta"]),
        ("tokenwatchd status --owner x al", ["alpha", "alps"]),
        ("tokenwatchd ack alpha rej", ["rejected"]), ("tokenwatchd providers vps.", ["vps.org"]),
        ("tokenwatchd check-config --config /etc/os-rel", ["/etc/os-release"]),
        ("tokenwatchd completions fi", ["fish"]), ("tokenwatchd status --within 9", []),
        ("tokenwatchd test-notify o", ["ops"]), ("tokenwatchd remove-channel o", ["ops"]),
        ("tokenwatchd add-channel v", []), ("tokenwatchd status --sort exp", ["expires"]),
        ("tokenwatchd status --state critical,unk", ["critical,unknown"]),
        ("tokenwatchd add x --provider vps.", ["vps.org"]),
        ("tokenwatchd help pol", ["poll", "poll-now"]),
    ]

    private func withTokens(
        _ body: (DaemonUnderTest, _ environment: [String: String]) async throws -> Void
    ) async throws {
        let settings = Settings(
            .init(id: "alpha"),
            .init(id: "alps"),
            .init(id: "beta", config: #"owner = "platform $(team)""#)
        )
        try await withDaemon(settings) { daemon in
            let binaries = URL(filePath: try Programs.built("tokenwatchd"))
                .deletingLastPathComponent().path()
            let environment = [
                "PATH": "\(binaries):/usr/bin:/bin", "CONFIGURATION_DIRECTORY": daemon.folder,
                "HOME": daemon.folder, "TERM": "dumb",
            ]
            try await body(daemon, environment)
        }
    }

    @Test func `bash completes commands, options, files and the ids of tokens`() async throws {
        try await withTokens { daemon, environment in
            let script = """
                source "$1"
                read -ra COMP_WORDS <<< "$2"
                [[ $2 == *' ' ]] && COMP_WORDS+=('')
                COMP_CWORD=$(( ${#COMP_WORDS[@]} - 1 ))
                _tokenwatchd
                printf '%s\\n' "${COMPREPLY[@]}"
                """
            let joined: [(line: String, words: Set<String>)] = [
                ("tokenwatchd check-config --config = /etc/os-rel", ["/etc/os-release"]),
                ("tokenwatchd status --owner = x al", ["alpha", "alps"]),
                ("tokenwatchd explain alpha ", []),
                ("tokenwatchd mute --owner plat", [#"platform\ \$\(team\)"#]),
            ]
            for (line, words) in Self.lines + joined {
                let run = try await Programs.run(
                    "/bin/bash",
                    ["--norc", "-c", script, "bash", "\(Self.folder)/tokenwatchd.bash", line],
                    environment: environment
                )
                let completed = run.output.split(separator: "\n").map(String.init)
                #expect(Set(completed) == words, "\(line): \(run.errors)")
            }
        }
    }

    @Test func `fish completes commands, options, files and the ids of tokens`() async throws {
        try await withTokens { daemon, environment in
            for (line, words) in Self.lines {
                let run = try await Programs.run(
                    "/usr/bin/fish",
                    [
                        "--no-config", "-c",
                        "source \(Self.folder)/tokenwatchd.fish; complete -C '\(line)'",
                    ],
                    environment: environment
                )
                let completed = run.output.split(separator: "\n").map { line in
                    String(line.prefix { $0 != "\t" })
                }
                #expect(Set(completed) == words, "\(line): \(run.errors)")
            }
        }
    }

    @Test func `zsh completes commands, options, files and the ids of tokens`() async throws {
        try await withTokens { daemon, environment in
            // Only what has one completion is completed to its end; the line is run then.
            for (line, words) in Self.lines where words.count == 1 {
                let script = """
                    zmodload zsh/zpty
                    zpty shell zsh -f -i
                    zpty -w shell "PS1= ; fpath=(\(Self.folder) \\$fpath); autoload -U compinit"
                    zpty -w shell "compinit -u -D; setopt no_auto_list; zstyle ':completion:*' list no"
                    zpty -w shell 'tokenwatchd() { print -r -- "RAN tokenwatchd $*" }; print READY'
                    zpty -r shell text '*READY*READY*'
                    zpty -w -n shell "$1"$'\\t'
                    zpty -w shell '; print END'
                    zpty -r shell text $'*\\nEND*'
                    print -r -- "$text"
                    zpty -d shell
                    """
                let run = try await Programs.run(
                    "/usr/bin/zsh",
                    ["-f", "-c", script, "zsh", line],
                    environment: environment
                )
                let start = line.split(separator: " ").dropLast().joined(separator: " ")
                let whole = "RAN \(start) \(words.first ?? "")"
                let isRun = run.output.split(whereSeparator: \.isNewline).contains {
                    $0.trimming { "= \r".contains($0) } == whole
                }
                #expect(isRun, "\(whole) is not in: \(run.output) \(run.errors)")
            }
        }
    }
}

extension Substring {
    fileprivate func trimming(_ isTrimmed: (Character) -> Bool) -> Substring {
        var text = drop(while: isTrimmed)
        while let last = text.last, isTrimmed(last) { text.removeLast() }
        return text
    }
}
