import Alerting
import Foundation
import Glibc
import Testing

@testable import Monitor

/// A folder with a configuration in it, removed at the test's end.
final class ConfigFolder {
    /// The folder itself, without a slash at its end.
    let path: String

    /// Makes the folder, and in it the main file where its text is given.
    init(_ main: String? = nil) throws {
        path = FileManager.default.temporaryDirectory.path + "/tokenwatchd-\(UUID().uuidString)"
        try FileManager.default.createDirectory(
            atPath: path,
            withIntermediateDirectories: false,
            attributes: [.posixPermissions: 0o700]
        )
        if let main { try write("tokenwatchd.toml", main) }
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }

    /// Writes a file, by default one that no one else can read.
    func write(_ name: String, _ text: String, mode: mode_t = 0o600) throws {
        let file = "\(path)/\(name)"
        try FileManager.default.createDirectory(
            atPath: (file as NSString).deletingLastPathComponent,
            withIntermediateDirectories: true,
            attributes: [.posixPermissions: 0o700]
        )
        try Data(text.utf8).write(to: URL(fileURLWithPath: file))
        try #require(chmod(file, mode) == 0)
    }

    func load(
        _ environment: [String: String] = [:],
        file: String = "tokenwatchd.toml"
    ) throws(ConfigurationErrors) -> Configuration {
        try Configuration.load(
            path: "\(path)/\(file)",
            context: ConfigurationContext(environment: environment, hostname: "host")
        )
    }

    /// The lines of what is wrong, without the folder in them; empty where nothing is.
    func errors(_ environment: [String: String] = [:]) -> [String] {
        do {
            _ = try load(environment)
            return []
        } catch {
            return error.all.map { shortened($0.description) }
        }
    }

    func warnings() throws -> [String] {
        try load().warnings.map { shortened($0.description) }
    }

    func shortened(_ line: String) -> String {
        line.replacingOccurrences(of: path + "/", with: "")
    }
}

/// The configuration of a text, which must be right.
func configuration(_ text: String) throws -> Configuration { try ConfigFolder(text).load() }

/// What is wrong with a text, a line each.
func configurationErrors(_ text: String) throws -> [String] { try ConfigFolder(text).errors() }

/// A token that is right, as the first line of a text.
let someToken = "tokens.a.secret_file = \"/s\"\n"
