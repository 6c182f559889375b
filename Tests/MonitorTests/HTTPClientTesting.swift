import Foundation
import HTTP
import Monitor
import System
import Testing

/// A directory that is removed with the value that made it.
final class TemporaryDirectory: Sendable {
    let path: String

    init() throws {
        // Short: a Unix socket's path has 107 bytes at most.
        path = "/tmp/http-client-\(UUID().uuidString.prefix(8))"
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: false)
        // nginx's workers have another user.
        chmod(path, 0o755)
    }

    deinit {
        // A server that is ending removes files of its own, over which one removal may stumble.
        for _ in 1...3 where FileManager.default.fileExists(atPath: path) {
            try? FileManager.default.removeItem(atPath: path)
        }
    }

    func file(_ name: String) -> String { "\(path)/\(name)" }

    func write(_ text: String, to name: String) throws {
        try text.write(toFile: file(name), atomically: true, encoding: .utf8)
    }
}

/// Says plainly if a tool is missing.
func requireTool(_ path: String) throws {
    try #require(
        FileManager.default.isExecutableFile(atPath: path),
        "\(path) is missing; these tests need it (apt-get install nginx-light openssl)"
    )
}

/// Runs a tool to its end.
func run(_ path: String, _ arguments: [String]) throws {
    try requireTool(path)
    // Not by Process, which waits for every child that inherits its socket, such as a daemon.
    let directory = try TemporaryDirectory()
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    let output = O_WRONLY | O_CREAT | O_TRUNC
    posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0)
    posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, "/dev/null", O_WRONLY, 0)
    posix_spawn_file_actions_addopen(
        &actions,
        STDERR_FILENO,
        directory.file("errors"),
        output,
        0o600
    )
    var words = ([path] + arguments).map { strdup($0) } + [nil]
    defer { for word in words { free(word) } }
    var process = pid_t()
    var status: Int32 = 0
    try #require(posix_spawn(&process, path, &actions, nil, &words, environ) == 0)
    try #require(waitpid(process, &status, 0) == process)
    let errors = try String(contentsOfFile: directory.file("errors"), encoding: .utf8)
    try #require(status == 0, "\(path): \(errors)")
}

func makeClient(_ settings: HTTPClientSettings = HTTPClientSettings()) throws -> HTTPClient {
    signal(SIGPIPE, SIG_IGN)
    return try HTTPClient(settings: settings, executor: QueueExecutor(label: "http-client-test"))
}

extension HTTPResult {
    var answered: HTTPAnswer {
        get throws {
            switch self {
            case .answer(let answer): answer
            case .failure(let failure): throw failure
            }
        }
    }

    var failed: HTTPFailure {
        get throws {
            switch self {
            case .answer(let answer): throw UnexpectedAnswer(status: answer.status)
            case .failure(let failure): failure
            }
        }
    }
}

struct UnexpectedAnswer: Error {
    let status: Int
}

extension HTTPAnswer {
    var text: String { String(decoding: body, as: UTF8.self) }
}
