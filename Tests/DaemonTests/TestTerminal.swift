import Foundation
import Glibc
import Testing

/// A terminal for a program under test, and the person who types and reads there.
final class TestTerminal: Sendable {
    /// The program's side.
    let programSide: FileHandle
    private let personSide: FileHandle

    init() throws {
        var (person, program): (Int32, Int32) = (-1, -1)
        try #require(openpty(&person, &program, nil, nil, nil) == 0)
        // A program that is started has its own side alone.
        for descriptor in [person, program] { _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC) }
        personSide = FileHandle(fileDescriptor: person, closeOnDealloc: true)
        programSide = FileHandle(fileDescriptor: program, closeOnDealloc: true)
    }

    func type(_ text: String) throws { try personSide.write(contentsOf: Data(text.utf8)) }

    /// Reads what the terminal shows until it has shown a text.
    func read(until text: String) async throws -> String {
        let descriptor = personSide.fileDescriptor
        let shown = try await onThread {
            var bytes: [UInt8] = []
            var piece = [UInt8](repeating: 0, count: 4096)
            while !String(decoding: bytes, as: UTF8.self).contains(text) {
                let count = Glibc.read(descriptor, &piece, piece.count)
                guard count > 0 else { break }
                bytes += piece[..<count]
            }
            return String(decoding: bytes, as: UTF8.self)
        }
        #expect(shown.contains(text), "\(shown)")
        return shown
    }
}
