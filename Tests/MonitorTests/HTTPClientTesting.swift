import Foundation
import Monitor
import Testing

/// A directory that goes with the value that made it.
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
        try? FileManager.default.removeItem(atPath: path)
    }

    func file(_ name: String) -> String { "\(path)/\(name)" }

    func write(_ text: String, to name: String) throws {
        try text.write(toFile: file(name), atomically: true, encoding: .utf8)
    }
}

/// Runs a tool to its end, and says plainly if it is missing.
func run(_ path: String, _ arguments: [String]) throws {
    try #require(
        FileManager.default.isExecutableFile(atPath: path),
        "\(path) is missing; these tests need it (apt-get install nginx-light openssl)"
    )
    let process = Process()
    process.executableURL = URL(filePath: path)
    process.arguments = arguments
    let output = Pipe()
    process.standardError = output
    process.standardOutput = FileHandle.nullDevice
    try process.run()
    let errors = try output.fileHandleForReading.readToEnd() ?? Data()
    process.waitUntilExit()
    try #require(
        process.terminationStatus == 0,
        "\(path): \(String(decoding: errors, as: UTF8.self))"
    )
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
