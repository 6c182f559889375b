import Foundation
import Testing

@testable import Commands

/// The folder of screens at 80 columns.
let goldenFolder =
    URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent().path()
    + "Fixtures/screens"

/// Compares lines with the file of a name, and their width with 80 columns.
///
/// `TOKENWATCHD_RECORD=1` before the tests writes the files from scratch.
/// - Parameters:
///   - lines: what a person sees.
///   - name: the file's name, without `.txt`.
///   - isBounded: false for sentences, errors, and text to copy: these may be wider.
/// - Throws: what writing the file throws.
func expectScreen(_ lines: [String], as name: String, isBounded: Bool = true) throws {
    let path = "\(goldenFolder)/\(name).txt"
    let text = lines.joined(separator: "\n") + "\n"
    if isBounded {
        for line in lines { #expect(DisplayWidth.of(line) <= 80, "\(line)") }
    }
    if ProcessInfo.processInfo.environment["TOKENWATCHD_RECORD"]?.isEmpty == false {
        try text.write(toFile: path, atomically: false, encoding: .utf8)
    }
    #expect(text == (try? String(contentsOfFile: path, encoding: .utf8)), "\(text)")
}
