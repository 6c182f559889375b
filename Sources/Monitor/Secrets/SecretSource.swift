/// Where a secret is read, each time it is needed.
package enum SecretSource: Hashable, Sendable {
    case file(String)
    /// A name in `$CREDENTIALS_DIRECTORY`.
    case credential(String)
    case inline(Secret)
}

extension SecretSource {
    /// Whether it stands in the configuration itself.
    var isInline: Bool { if case .inline = self { true } else { false } }

    /// The same in memory of its own.
    ///
    /// Texts of a file lie scattered among what was read beside them: what is kept of 100,000 tokens
    /// would hold a page of memory for every few of them.
    var copied: SecretSource {
        func copy(_ text: String) -> String { String(decoding: text.utf8, as: UTF8.self) }
        return switch self {
        case .file(let path): .file(copy(path))
        case .credential(let name): .credential(copy(name))
        case .inline: self
        }
    }
}
