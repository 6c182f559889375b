import Foundation
import Testing

@testable import Monitor

/// Each file in `Fixtures/bad` breaks one rule; its `.expected` says what the operator reads.
@Suite struct ConfigBadFileTests {
    private static let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
        .appendingPathComponent("Fixtures/bad")

    private static let names =
        ((try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? [])
        .filter { $0.hasSuffix(".toml") }.map { String($0.dropLast(5)) }.sorted()

    private static func text(_ name: String) throws -> String {
        try String(contentsOf: folder.appendingPathComponent(name), encoding: .utf8)
    }

    @Test(arguments: names)
    func `a bad file is refused with exactly the expected lines`(name: String) throws {
        let errors = try configurationErrors(Self.text("\(name).toml"))
        let expected = try Self.text("\(name).expected").split(separator: "\n").map(String.init)
        #expect(errors == expected)
        #expect(!errors.isEmpty)
    }

    @Test(arguments: names)
    func `no message repeats what may be a secret`(name: String) throws {
        let folder = try ConfigFolder(Self.text("\(name).toml"))
        #expect(!folder.errors().joined().contains("PLANTED"))
        try folder.write("tokenwatchd.toml", Self.text("\(name).toml"), mode: 0o644)
        #expect(!folder.errors().joined().contains("PLANTED"))
    }

    @Test func `there are bad files, each with what is expected of it`() throws {
        #expect(Self.names.count > 100)
        let files = try FileManager.default.contentsOfDirectory(atPath: Self.folder.path)
        let expected = files.filter { $0.hasSuffix(".expected") }.map { String($0.dropLast(9)) }
        #expect(expected.sorted() == Self.names)
    }
}
