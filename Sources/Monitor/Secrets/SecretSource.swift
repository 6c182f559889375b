/// The place of a secret, which is read each time it is needed.
package enum SecretSource: Hashable, Sendable {
    case file(String)
    /// A name in `$CREDENTIALS_DIRECTORY`.
    case credential(String)
    case inline(Secret)
}

extension SecretSource {
    /// Whether the configuration itself has the value.
    var isInline: Bool { if case .inline = self { true } else { false } }

    /// The same source with its own memory.
    ///
    /// The texts of a parsed file are scattered in memory: 100,000 tokens would hold a page of
    /// memory for every few texts.
    var copied: SecretSource {
        func copy(_ text: String) -> String { String(decoding: text.utf8, as: UTF8.self) }
        return switch self {
        case .file(let path): .file(copy(path))
        case .credential(let name): .credential(copy(name))
        case .inline: self
        }
    }
}
