import Foundation
import Testing

@testable import Monitor

/// The examples of the documentation can be used as they are.
@Suite struct ConfigExampleTests {
    private static let folder =
        URL(filePath: #filePath).deletingLastPathComponent()
        .deletingLastPathComponent().deletingLastPathComponent().path() + "docs/examples"

    private static let names =
        ((try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? [])
        .filter { $0.hasSuffix(".toml") }.sorted()

    @Test(arguments: names)
    func `an example is a configuration in which nothing is wrong`(name: String) throws {
        let text = try String(contentsOfFile: "\(Self.folder)/\(name)", encoding: .utf8)
        #expect(try configurationErrors(text) == [])
        #expect(try configuration(text).warnings.map(\.message) == [])
    }

    @Test func `there are examples, and each is listed`() throws {
        #expect(Self.names.count >= 4)
        let list = try String(contentsOfFile: "\(Self.folder)/README.md", encoding: .utf8)
        for name in Self.names { #expect(list.contains("(\(name))"), "\(name)") }
    }
}
