/// The reason why bytes are not a JSON document, and where.
package struct JSONError: Error, Hashable, Sendable, CustomStringConvertible {
    package enum Problem: Hashable, Sendable {
        /// The text has only white space.
        case empty
        /// The text is well-formed so far, but ends early.
        case cutOff
        case unexpectedByte
        /// More text follows the document.
        case trailing
        case tooDeep
        case controlCharacter
        case invalidUTF8
        case invalidEscape
        /// The text has half of a UTF-16 pair, which is no character.
        case loneSurrogate
        case invalidNumber
        /// A member that is read occurs twice, and readers differ on which one counts.
        case duplicate(String)
        case duplicateKey
    }

    package let problem: Problem
    /// The byte at which it was found, from 0.
    package let offset: Int

    package init(_ problem: Problem, at offset: Int) {
        self.problem = problem
        self.offset = offset
    }

    /// The error in one line, without a byte of the document: it may contain a secret.
    package var description: String {
        switch problem {
        case .empty: "it is empty"
        case .cutOff: "it is cut off after \(offset) bytes"
        case .unexpectedByte: "unexpected character at byte \(offset)"
        case .trailing: "more text after the document, at byte \(offset)"
        case .tooDeep: "nested deeper than \(JSONTokenizer.maximumDepth) levels at byte \(offset)"
        case .controlCharacter: "control character in a string at byte \(offset)"
        case .invalidUTF8: "invalid UTF-8 at byte \(offset)"
        case .invalidEscape: "invalid escape in a string at byte \(offset)"
        case .loneSurrogate: "half of a surrogate pair in a string at byte \(offset)"
        case .invalidNumber: "invalid number at byte \(offset)"
        case .duplicate(let pointer): "\(pointer) is given twice"
        case .duplicateKey: "a member is given twice, at byte \(offset)"
        }
    }
}
