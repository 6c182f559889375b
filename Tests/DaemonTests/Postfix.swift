import Foundation
import Monitor
import Sandbox
import Testing

/// A Postfix on free ports of loopback, with a certificate for `localhost` and a login.
final class Postfix: Sendable {
    static let user = "ann"
    static let password = "s3cret-pw"
    let folder: String
    let plain: UInt16
    let tls: UInt16
    let startTLS: UInt16

    /// Postfix is started by root alone.
    static let canRun = getuid() == 0

    var caFile: String { "\(folder)/cert.pem" }

    init() async throws {
        folder = "/tmp/twp-\(String(UInt64.random(in: .min ... .max), radix: 36))"
        plain = try freePort()
        tls = try freePort()
        startTLS = try freePort()
        let script = URL(filePath: #filePath).deletingLastPathComponent()
            .appending(path: "../mail/postfix.sh").path()
        let outcome = try await Programs.run(
            "/bin/bash",
            [script, folder, "\(plain)", "\(tls)", "\(startTLS)"],
            environment: ["PATH": "/usr/sbin:/usr/bin:/sbin:/bin"]
        )
        try #require(outcome.status == 0, "\(outcome.errors)")
        if let master { Reaper.shared.note(master) }
    }

    func stop() async {
        let master = master
        _ = try? await Programs.run("/usr/sbin/postfix", ["-c", "\(folder)/etc", "stop"])
        if let master { Reaper.shared.forget(master) }
        try? FileManager.default.removeItem(atPath: folder)
    }

    private var master: pid_t? {
        let text = try? String(contentsOfFile: "\(folder)/spool/pid/master.pid", encoding: .utf8)
        return text.flatMap { pid_t($0.filter(\.isNumber)) }
    }

    /// The mails that have arrived, oldest first, once there are so many.
    func mails(_ count: Int) async throws -> [Mail] {
        let inbox = "\(folder)/mail/all/new"
        // Postfix does not announce what it has delivered.
        let names = try await eventually {
            let names = (try? FileManager.default.contentsOfDirectory(atPath: inbox)) ?? []
            return names.count >= count ? names : nil
        }
        return try names.map { try Mail("\(inbox)/\($0)") }.sorted { $0.date < $1.date }
    }

    func log() throws -> String { try String(contentsOfFile: "\(folder)/log", encoding: .utf8) }
}

/// A mail as it was delivered.
struct Mail: Sendable {
    /// By their names in lower case, unfolded.
    let headers: [String: String]
    /// Decoded.
    let lines: [String]
    let date: Date

    init(_ path: String) throws {
        date = try #require(
            try FileManager.default.attributesOfItem(atPath: path)[.modificationDate] as? Date
        )
        let text = try String(contentsOfFile: path, encoding: .utf8)
        let end = try #require(text.firstRange(of: "\n\n"))
        let head = text[..<end.lowerBound].replacing("\n ", with: " ").replacing("\n\t", with: " ")
        headers = Dictionary(
            head.split(separator: "\n").compactMap { line in
                line.firstRange(of: ": ").map { range in
                    (line[..<range.lowerBound].lowercased(), String(line[range.upperBound...]))
                }
            },
            uniquingKeysWith: { first, _ in first }
        )
        let body = text[end.upperBound...].replacing("=\n", with: "")
        var bytes: [UInt8] = []
        var rest = Array(body.utf8)[...]
        while let byte = rest.popFirst() {
            let digits = String(decoding: rest.prefix(2), as: UTF8.self)
            if byte == UInt8(ascii: "="), let value = UInt8(digits, radix: 16) {
                bytes.append(value)
                rest = rest.dropFirst(2)
            } else {
                bytes.append(byte)
            }
        }
        lines = String(decoding: bytes, as: UTF8.self).split(separator: "\n").map(String.init)
    }

    subscript(name: String) -> String? { headers[name] }
}
