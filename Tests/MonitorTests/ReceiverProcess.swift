import Foundation
import Glibc
import Testing

/// A program that runs for as long as the value lives, and whose output can be waited for.
final class ReceiverProcess {
    let process: pid_t
    private let output: UnsafeMutablePointer<FILE>

    /// Starts a program, and says plainly if it is missing.
    init(
        _ arguments: [String],
        package: String,
        environment: [String: String] = [:]
    ) throws {
        let path = arguments[0]
        try #require(
            FileManager.default.isExecutableFile(atPath: path),
            "\(path) is missing; these tests need it (apt-get install \(package))"
        )
        var ends: [Int32] = [-1, -1]
        try #require(pipe(&ends) == 0)
        _ = fcntl(ends[0], F_SETFD, FD_CLOEXEC)
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0)
        posix_spawn_file_actions_adddup2(&actions, ends[1], STDOUT_FILENO)
        posix_spawn_file_actions_adddup2(&actions, ends[1], STDERR_FILENO)
        posix_spawn_file_actions_addclose(&actions, ends[1])
        var words = arguments.map { strdup($0) } + [nil]
        let all = ["PATH": "/usr/sbin:/usr/bin:/sbin:/bin"].merging(environment) { $1 }
        var variables = all.map { strdup("\($0.key)=\($0.value)") } + [nil]
        defer { for word in words + variables { free(word) } }
        var process = pid_t()
        let error = posix_spawn(&process, path, &actions, nil, &words, &variables)
        close(ends[1])
        try #require(error == 0)
        self.process = process
        output = try #require(fdopen(ends[0], "r"))
    }

    deinit {
        kill(process, SIGKILL)
        waitpid(process, nil, 0)
        fclose(output)
    }

    /// The next line of its output or errors; nil at the end.
    func readLine() -> String? {
        var line: UnsafeMutablePointer<CChar>?
        var capacity = 0
        defer { free(line) }
        let count = getline(&line, &capacity, output)
        guard count > 0, let line else { return nil }
        let bytes = UnsafeRawBufferPointer(start: line, count: count)
        return String(decoding: bytes, as: UTF8.self)
    }

    /// Reads lines up to one with this text, and fails with all of them if there is none.
    @discardableResult
    func waitForLine(containing text: String) throws -> String {
        var lines = ""
        while let line = readLine() {
            if line.contains(text) { return line }
            lines += line
        }
        try #require(Bool(false), "it ended without \"\(text)\": \(lines)")
        return ""
    }
}
