import Foundation

/// A terminal of some width for a program, by `script` of util-linux.
enum Terminal {
    /// Runs a program in a terminal to its end; its lines, without what ends them.
    static func run(
        columns: Int,
        environment: [String: String] = [:],
        _ program: String,
        _ arguments: [String]
    ) async throws -> (lines: [String], status: Int32) {
        let words = ([program] + arguments).map { "'\($0)'" }.joined(separator: " ")
        let run = try await Programs.run(
            "/usr/bin/script",
            ["-qec", "stty cols \(columns) rows 40; exec \(words)", "/dev/null"],
            environment: ["TERM": "xterm", "SHELL": "/bin/sh"].merging(environment) { $1 }
        )
        // To Swift a carriage return and a line feed are one character.
        let lines = (run.output + "\n").components(separatedBy: "\r\n").dropLast()
        return (Array(lines), run.status)
    }

    /// A line without its colours.
    static func plain(_ line: String) -> String {
        line.replacing(/\u{1b}\[[0-9;]*m/, with: "")
    }
}

extension DaemonUnderTest {
    /// Runs a command that asks this daemon, in a terminal.
    func screen(
        columns: Int,
        environment: [String: String] = [:],
        _ words: String...
    ) async throws -> (lines: [String], status: Int32) {
        try await Terminal.run(
            columns: columns,
            environment: environment,
            Programs.built("tokenwatchd"),
            words + ["--socket", socket]
        )
    }
}
