package import Alerting

/// A value that only its receiver may see: code can use it, but not print it.
///
/// Interpolating, dumping and reflecting it shows only `(secret)`.
package struct Secret: Hashable, Sendable {
    private let bytes: [UInt8]

    /// Reads the content of a secret's file: one line of printable ASCII.
    ///
    /// One line feed at the end is dropped.
    package init(validating content: some Sequence<UInt8>) throws(SecretProblem) {
        var bytes = Array(content)
        if bytes.last == UInt8(ascii: "\n") { bytes.removeLast() }
        guard !bytes.isEmpty else { throw .empty }
        guard bytes.count <= Self.maximumBytes else { throw .tooLong }
        if bytes.last == UInt8(ascii: "\r") && !bytes.contains(UInt8(ascii: "\n")) {
            throw .windowsLineEnd
        }
        guard !bytes.contains(UInt8(ascii: "\n")) else { throw .severalLines }
        if bytes.starts(with: [0xef, 0xbb, 0xbf]) { throw .byteOrderMark }
        if let position = bytes.firstIndex(where: { !(0x20...0x7e).contains($0) }) {
            // These bytes are U+2018 to U+201F in UTF-8.
            let isQuote =
                bytes[position...].starts(with: [0xe2, 0x80])
                && bytes[position...].dropFirst(2).first.map { (0x98...0x9f).contains($0) } == true
            throw isQuote
                ? .typographicQuote(position: position + 1) : .notPrintable(position: position + 1)
        }
        self.bytes = bytes
    }

    /// The longest secret: tokens have 20 to some thousand characters, and URLs hardly more.
    package static let maximumBytes = 64 << 10

    /// The value itself, only for the code that sends it.
    package func reveal() -> String {
        String(decoding: bytes, as: UTF8.self)
    }

    package func withBytes<Result, Failure: Error>(
        _ body: ([UInt8]) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        try body(bytes)
    }

    /// Returns a digest that identifies the secret: HMAC-SHA256, cut to 16 bytes.
    package func digest(key: [UInt8]) -> SecretDigest {
        SecretDigest(bytes, key: key)
    }
}

extension SecretDigest {
    /// Makes a digest by HMAC-SHA256, cut to 16 bytes.
    fileprivate init(_ bytes: [UInt8], key: [UInt8]) {
        self.init(firstBytesOf: HMACSHA256.digest(of: bytes, key: key))
    }

    /// Takes the first 16 of 32 bytes.
    init(firstBytesOf bytes: some Collection<UInt8>) {
        func number(_ bytes: some Sequence<UInt8>) -> UInt64 {
            bytes.reduce(0) { $0 << 8 | UInt64($1) }
        }
        self.init(high: number(bytes.prefix(8)), low: number(bytes.dropFirst(8).prefix(8)))
    }

    /// Identifies a list of texts without revealing it.
    init(of texts: [String], key: [UInt8]) {
        // The lengths separate the texts.
        self.init(Array(texts.map { "\($0.utf8.count):\($0)" }.joined().utf8), key: key)
    }
}

extension Secret: Undisclosed {
    package var description: String { "(secret)" }
}

/// The reason why something cannot be a secret, without its content.
///
/// The description continues a sentence that begins with the secret's place.
package enum SecretProblem: Error, Hashable, Sendable, CustomStringConvertible {
    case empty
    case tooLong
    case severalLines
    case windowsLineEnd
    case byteOrderMark
    /// The position counts from 1.
    case typographicQuote(position: Int)
    case notPrintable(position: Int)

    package var description: String {
        switch self {
        case .empty:
            "is empty; it must have one line"
        case .tooLong:
            "is larger than \(Secret.maximumBytes >> 10) KiB; it must hold one line, the secret"
        case .severalLines:
            "has more than one line; it must hold the secret as one line and nothing else"
        case .windowsLineEnd:
            "ends with a carriage return (a line end of Windows); save it with a plain line feed"
        case .notPrintable(let position):
            "has a character at position \(position) that is not printable ASCII, such as a tab;"
                + " store the secret alone, without it"
        case .byteOrderMark:
            "begins with a byte order mark; save it without one"
        case .typographicQuote(let position):
            "has a typographic quote at position \(position); store the secret without quotes"
        }
    }
}
