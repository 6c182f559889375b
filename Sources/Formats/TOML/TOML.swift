/// A strict reader of TOML 1.1 (toml.io/en/v1.1.0) whose errors are written for an operator.
///
/// The time and memory it takes are linear in the size of the document.
package enum TOML {
    /// The maximum size of a document in bytes: 16 MiB, about 100,000 generously filled tables.
    package static let maximumBytes = 16 * 1024 * 1024

    /// The maximum depth of keys, arrays and inline tables, all counted together.
    ///
    /// It bounds the recursion of the reader and of code that walks its result.
    package static let maximumDepth = 128

    /// The number of errors before reading stops: as many as a person fixes in one go.
    package static let maximumErrors = 20

    /// Reads a document; its text is UTF-8, with or without a byte order mark.
    ///
    /// After an error, reading continues with the next expression, so that one run shows most of
    /// the errors. A document with errors is invalid: its root holds the readable part, and may
    /// only be used to find more errors. A message names keys but never repeats a value, which may
    /// be a secret.
    package static func parse(_ bytes: [UInt8]) -> TOMLDocument {
        if let error = TOMLError(refusing: bytes) {
            return TOMLDocument(root: TOMLTable(position: .start), errors: [error])
        }
        var parser = TOMLParser(bytes: bytes)
        return parser.parseDocument()
    }
}

/// The values of a document.
package struct TOMLDocument: Sendable {
    /// The top-level table; valid only if there are no errors.
    package let root: TOMLTable

    /// The first errors in the order of reading, at most ``TOML/maximumErrors``; none if valid.
    package let errors: [TOMLError]
}

/// One error in a document: its place, the text found there and the allowed text.
package struct TOMLError: Error, Hashable, Sendable, CustomStringConvertible {
    package let position: TOMLPosition

    /// The sentence for the operator, without the position.
    package let message: String

    /// `LINE:COLUMN: message`; the caller prepends the file's name.
    package var description: String { "\(position): \(message)" }
}

extension TOMLError {
    /// Creates the error of bytes that must not be read; nil for text of an acceptable size.
    fileprivate init?(refusing bytes: [UInt8]) {
        guard bytes.count <= TOML.maximumBytes else {
            let limit = TOML.maximumBytes / (1024 * 1024)
            self.init(position: .start, message: "the file is larger than \(limit) MiB")
            return
        }
        if bytes.starts(with: [0xFF, 0xFE]) || bytes.starts(with: [0xFE, 0xFF]) {
            self.init(position: .start, message: "the file is UTF-16; save it as UTF-8")
            return
        }
        do {
            _ = try UTF8Span(validating: bytes.span)
            return nil
        } catch {
            let offset = error.byteOffsets.lowerBound
            let byte = String(bytes[offset], radix: 16, uppercase: true)
            self.init(
                position: TOMLPosition.start.advanced(over: bytes[..<offset]),
                message: "the byte 0x\(byte) is not valid UTF-8 here; save the file as UTF-8"
            )
        }
    }
}
